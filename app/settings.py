"""Settings: all from the environment, each with a default that suits one machine."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.catalogue import ENGINES

if TYPE_CHECKING:
    from collections.abc import Callable


def _known(key: str) -> str:
    if key not in ENGINES:
        raise ValueError(f"there is no engine {key!r}; choose of {', '.join(ENGINES)}")
    return key


def _all_known(keys: str) -> str:
    return ",".join(_known(key.strip()) for key in keys.split(",")) if keys else keys


_UserId = Annotated[str, Field(pattern="^user_[0-9a-f]{32}$")]


class Settings(BaseSettings):
    """What an installation can be told; names are those of environment variables, in capitals."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    easel_home: Path = Field(Path(".easel"), description="Folder of embedded servers, pictures and generated keys.")
    host: str = Field("127.0.0.1", description="Address on which the API listens.")
    port: int = Field(8000, ge=0, le=65535, description="Port on which the API listens.")
    public_url: str = Field("", description="URL under which clients reach the API; http://localhost:PORT by default.")
    allowed_origins: list[str] = Field(["*"], description="Web origins that may use the graph and the pictures; JSON.")
    trusted_proxies: list[str] = Field([], description="Addresses whose X-Forwarded-For is believed; JSON.")

    database_url: str = Field("", description="PostgreSQL, as libpq writes it; an embedded server by default.")
    database_pool: int = Field(
        10, ge=1, description="Connections that write, at most; half as many look up, and as many read by plan."
    )
    statement_timeout_s: float = Field(5.0, gt=0, description="Longest time of one statement.")
    redis_url: str = Field("", description="Redis or Valkey for queue, events and limits; embedded by default.")

    engine: Annotated[str, AfterValidator(_known)] = Field("small", description="What paints.")
    engines: Annotated[str, AfterValidator(_all_known)] = Field(
        "", description="Several engines in place of ENGINE, with commas between them; the first is the default."
    )
    model: str = Field("", description="Pipeline of the diffusers engine: a local folder or a hub id.")
    upscaler: str = Field("", description="Pipeline that enlarges, a folder or a hub id; without a model by default.")
    segmenter: str = Field("", description="Model that cuts out, a folder or a hub id; without a model by default.")
    models_in_memory: int = Field(1, ge=1, description="How many of all these models a worker keeps loaded.")
    model_idle_s: float = Field(900.0, gt=0, description="How long an unused model stays in memory.")
    openai_api_key: SecretStr = Field(SecretStr(""), description="Key of the gpt-image engine.")
    openai_url: str = Field("https://api.openai.com/v1", description="Where the gpt-image engine paints.")
    openai_image_model: str = Field("gpt-image-1", description="Model of the gpt-image engine.")
    safety_checker: str = Field(
        "", description="Model that judges finished and uploaded pictures: a local folder or a hub id."
    )
    safety_checker_blocks: bool = Field(
        default=True, description="Whether what it flags is blocked; else it is MATURE."
    )
    guard_lists: Path | None = Field(None, description="Folder with more lists of words that the content guard knows.")
    language_url: str = Field(
        "",
        description="Base URL of chat completions that translate and improve prompts; a table of phrases by default.",
    )
    language_model: str = Field("gpt-4o-mini", description="Model that is asked there.")
    language_key: SecretStr = Field(SecretStr(""), description="Key that is sent there as a bearer token.")
    language_timeout_s: float = Field(4.0, gt=0, le=8, description="How long it is waited for; then the table serves.")
    release: str = Field("dev", description="What runs here, such as a commit: told of each worker.")
    lease_s: float = Field(15.0, gt=0, description="How long a silent worker keeps its job.")
    patience_s: float = Field(3600.0, gt=0, description="How long a job may wait in the line before it is given up.")
    admins: list[_UserId] = Field([], description="Ids of the users who may pause lines and drain workers; JSON.")
    moderators: list[_UserId] = Field(
        [], description="Ids of the users who decide about reports, besides ADMINS; JSON."
    )
    strike_days: int = Field(90, ge=1, description="How long a strike counts against somebody.")
    appeal_days: int = Field(14, ge=1, description="How long a decision of moderation can be appealed.")
    review_minutes: int = Field(30, ge=1, description="How long a case is for the moderator alone who has taken it.")
    hold_reports: int = Field(
        5, ge=0, description="People whose reports hide something until a moderator has looked; 0: never."
    )
    reporter_days: int = Field(7, ge=0, description="How old their accounts must be to count for that.")
    daily_images: int = Field(
        24, ge=1, description="Images that a user may submit in a day, which begins at midnight in Seoul."
    )
    welcome_credits: int = Field(100, ge=0, description="Credits of a new account; promotional ones.")
    welcome_credits_days: int = Field(365, ge=1, description="How long these can be spent.")
    low_credits: int = Field(10, ge=0, description="Balance below which the owner of a new account is told; 0: never.")

    secret: str = Field("", description="Signs picture links; 32 random bytes or more. Generated by default.")
    token_keys: list[Path] = Field([], description="Files with Ed25519 keys (PEM), newest first; JSON. Generated.")
    token_life_s: float = Field(1800.0, gt=0, description="Life of an access token.")

    s3_bucket: str = Field("", description="Bucket for pictures; the folder EASEL_HOME/media by default.")
    s3_endpoint_url: str = Field("", description="S3 server; AWS by default.")
    s3_region: str = Field("us-east-1", description="Region of the bucket.")
    s3_access_key_id: str = Field("", description="Key of the bucket.")
    s3_secret_access_key: str = Field("", description="Secret of the bucket.")
    s3_public_url: str = Field("", description="Where clients reach the bucket, if elsewhere than the API does.")

    requests_per_user: int = Field(1500, ge=1, description="Requests of a signed-in user in 5 minutes.")
    requests_per_address: int = Field(300, ge=1, description="Requests of an address that is not signed in, in 5 min.")
    operation_cost: int = Field(5000, ge=1, description="Cost of one operation, at most.")
    cost_bucket: int = Field(10_000, ge=1, description="Cost that a user, or an address, may spend at once.")
    cost_refill: int = Field(100, ge=1, description="Cost that becomes free again in a second.")
    persisted_queries: bool = Field(default=True, description="Whether valid documents are kept under their hash.")
    trusted_documents: Path | None = Field(None, description="Manifest of the only documents answered; any by default.")
    answer_cache_ms: int = Field(1000, ge=0, description="How long answers to strangers' queries are kept; 0: never.")
    answer_cache_bytes: int = Field(16 * 1024 * 1024, ge=0, description="Memory for these answers, at most.")
    show_plans: bool = Field(default=False, description="Whether answers tell their SQL, as extensions.plan.")
    introspection: bool | None = Field(
        None, description="Whether clients may read the schema and are told similar names; by default in a demo."
    )
    metrics_port: int = Field(0, ge=0, le=65535, description="Port of a GPU worker's /metrics; 0 for none.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_json: bool | None = Field(None, description="Whether logs are JSON; by default where they go to no terminal.")
    demo: bool = Field(default=False, description="Show the demo sign-in in GraphiQL.")

    @property
    def engine_keys(self) -> tuple[str, ...]:
        """Keys of the engines that paint here, each once; the first is the default."""
        return tuple(dict.fromkeys((self.engines or self.engine).split(",")))

    @property
    def is_open(self) -> bool:
        """Whether clients may read the schema."""
        return self.demo if self.introspection is None else self.introspection

    @property
    def logs_are_json(self) -> bool:
        """Whether logs are for machines: unless told otherwise, where no terminal shows them."""
        return not sys.stderr.isatty() if self.log_json is None else self.log_json

    @property
    def base_url(self) -> str:
        """URL under which clients reach the API, without a slash at its end."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    def secret_bytes(self) -> bytes:
        """Return the secret that signs picture links; made and kept in ``EASEL_HOME`` where none is set."""
        if self.secret:
            return self.secret.encode()
        return _kept(self.easel_home / "keys" / "secret", lambda: secrets.token_urlsafe(32).encode())

    def token_key_pems(self) -> list[bytes]:
        """Return the keys that sign access tokens, newest first; one is made and kept where none is set."""
        if self.token_keys:
            return [path.read_bytes() for path in self.token_keys]
        return [_kept(self.easel_home / "keys" / "token.pem", _new_key)]


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the file's content, made first where it is not there; processes that start together agree on one."""
    if path.exists():
        return path.read_bytes()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    try:
        draft.write_bytes(make())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()
