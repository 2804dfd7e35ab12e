"""Access tokens (JWT, RFC 9068, signed with Ed25519) and refresh tokens (random, kept by their hash)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from domain.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ALGORITHM: Final = "EdDSA"
_TYPE: Final = "at+jwt"
_REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub", "jti", "sid"]
_REMEMBERED: Final = 16_384
"""Tokens whose signature is not checked again, by their hash; 0.1 ms and 400 bytes each."""
_UNREADABLE: Final = (jwt.PyJWTError, ArithmeticError, AttributeError, OSError, TypeError, ValueError)
"""What reading claims of another kind than ours can raise, times beyond the calendar among them."""
AUDIENCE: Final = "easel"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token and when it ends."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime
    user_key: str = field(init=False, compare=False)
    """The user's id as text: made once for all requests that bring the token."""
    session_key: str = field(init=False, compare=False)
    """The session's id as text."""

    def __post_init__(self) -> None:
        """Write the ids down."""
        object.__setattr__(self, "user_key", str(self.user_id))
        object.__setattr__(self, "session_key", str(self.session_id))


class AccessTokens:
    """Issues access tokens with the newest key and verifies those of any key in the ring."""

    def __init__(self, pems: Sequence[bytes], issuer: str, lifetime: timedelta) -> None:
        """Take the private keys as PEM, the newest first.

        Raises:
            ValueError: no key, or one that is not Ed25519.
        """
        loaded = [load_pem_private_key(pem, password=None) for pem in pems]
        keys = [key for key in loaded if isinstance(key, Ed25519PrivateKey)]
        if not keys or len(keys) < len(loaded):
            raise ValueError("access tokens are signed with Ed25519 keys in PEM")
        self._signer = keys[0]
        self._verifiers = {key_id(key): key.public_key() for key in keys}
        self._kid = next(iter(self._verifiers))
        self._issuer = issuer
        self._lifetime = lifetime
        self._checked: OrderedDict[bytes, Claims] = OrderedDict()
        """What good tokens say, by their hash, those used least lately first."""

    def issue(self, user_id: UUID, session_id: UUID) -> AccessToken:
        """Return a token for one user in one session."""
        now = datetime.now(UTC).replace(microsecond=0)
        expires_at = now + self._lifetime
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": str(uuid4()),
            "iat": now,
            "exp": expires_at,
        }
        headers = {"kid": self._kid, "typ": _TYPE}
        return AccessToken(jwt.encode(claims, self._signer, algorithm=_ALGORITHM, headers=headers), expires_at)

    def verify(self, token: str) -> Claims:
        """Return what the token says.

        Raises:
            Unauthenticated: not signed with one of our keys, expired, or not an access token of this installation.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        claims = self._checked.get(digest)
        if claims is None:
            claims = self._checked[digest] = self._check(token)
            if len(self._checked) > _REMEMBERED:
                self._checked.popitem(last=False)
        else:
            self._checked.move_to_end(digest)
        if claims.expires_at <= datetime.now(UTC):
            raise Unauthenticated("The access token has expired.")
        return claims

    def _check(self, token: str) -> Claims:
        try:
            header = jwt.get_unverified_header(token)
            verifier = self._verifiers.get(header.get("kid", ""))
            if verifier is None or header.get("typ") != _TYPE:
                raise Unauthenticated("The access token is not valid.")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                verifier,
                algorithms=[_ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={"require": _REQUIRED},
            )
            return Claims(UUID(claims["sub"]), UUID(claims["sid"]), datetime.fromtimestamp(claims["exp"], UTC))
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The access token has expired.") from error
        except _UNREADABLE as error:
            raise Unauthenticated("The access token is not valid.") from error


def key_id(key: Ed25519PrivateKey) -> str:
    """Return the id of a key: the RFC 7638 thumbprint of its public half."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    jwk = b'{"crv":"Ed25519","kty":"OKP","x":"' + _base64url(raw) + b'"}'
    return _base64url(hashlib.sha256(jwk).digest()).decode()


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def new_refresh_token() -> str:
    """Return a fresh refresh token: 256 random bits."""
    return secrets.token_urlsafe(32)


def hash_refresh_token(token: str) -> bytes:
    """Return what is stored of a refresh token; it is random, so a plain hash does."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
