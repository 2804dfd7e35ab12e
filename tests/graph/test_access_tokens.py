"""Access tokens over the wire: what ours say, and that nothing is done for one that is not good."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from graph_client import CORE, http_client
from local_graph import new_key
from stored import row_counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio


class Forge:
    """Makes tokens that are nearly good, out of one that is."""

    def __init__(self, easel: Installation, good: str, refresh_token: str) -> None:
        self.good = good
        self.refresh_token = refresh_token
        self.pem = (easel.folder / "keys" / "token.pem").read_bytes()
        self.claims: dict[str, Any] = jwt.decode(good, options={"verify_signature": False})
        self.header: dict[str, Any] = jwt.get_unverified_header(good)

    def signed(self, *, without: str = "", **claims: Any) -> str:  # noqa: ANN401
        """Sign other claims with the installation's own key."""
        said = {name: value for name, value in (self.claims | claims).items() if name != without}
        return jwt.encode(said, self.pem, "EdDSA", {"kid": self.header["kid"], "typ": "at+jwt"})

    def headed(self, *, pem: bytes | None = None, **header: object) -> str:
        """Sign the same claims under another header, or with another key."""
        whole = {"kid": self.header["kid"], "typ": "at+jwt"} | header
        return jwt.encode(self.claims, pem or self.pem, "EdDSA", {k: v for k, v in whole.items() if v is not None})

    def with_payload(self, **claims: object) -> str:
        """Change the claims and leave the signature."""
        head, _, signature = self.good.split(".")
        return ".".join((head, encoded(self.claims | claims), signature))

    def with_signature(self, change: Callable[[bytes], bytes]) -> str:
        """Change the signature alone."""
        head, payload, signature = self.good.split(".")
        raw = base64.urlsafe_b64decode(signature + "==")
        return f"{head}.{payload}.{base64.urlsafe_b64encode(change(raw)).rstrip(b'=').decode()}"

    def unsigned(self, algorithm: str) -> str:
        """Sign nothing and say so."""
        return f"{encoded(self.header | {'alg': algorithm})}.{encoded(self.claims)}."

    def signed_with_the_public_key(self, encoding: Encoding, form: PublicFormat) -> str:
        """Use what everybody may know as the secret of HS256."""
        public = load_pem_private_key(self.pem, None).public_key().public_bytes(encoding, form)
        message = f"{encoded(self.header | {'alg': 'HS256'})}.{encoded(self.claims)}"
        digest = hmac.digest(public, message.encode(), hashlib.sha256)
        return f"{message}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def own_key_in_header(forge: Forge) -> str:
    pem = new_key()
    public = load_pem_private_key(pem, None).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    return forge.headed(pem=pem, jwk={"kty": "OKP", "crv": "Ed25519", "x": x})


NOT_GOOD: dict[str, Callable[[Forge], str]] = {
    "expired": lambda forge: f"Bearer {forge.signed(exp=int(time.time()) - 1)}",
    "not issued yet": lambda forge: f"Bearer {forge.signed(iat=int(time.time()) + 3600)}",
    "not valid yet": lambda forge: f"Bearer {forge.signed(nbf=int(time.time()) + 3600)}",
    "another user": lambda forge: f"Bearer {forge.signed(sub=str(uuid4()))}",
    "unknown session": lambda forge: f"Bearer {forge.signed(sid=str(uuid4()))}",
    "payload changed": lambda forge: f"Bearer {forge.with_payload(sub=str(uuid4()))}",
    "payload of a later end": lambda forge: f"Bearer {forge.with_payload(exp=forge.claims['exp'] + 3600)}",
    "signature changed": lambda forge: f"Bearer {forge.with_signature(lambda raw: bytes([raw[0] ^ 1]) + raw[1:])}",
    "signature cut": lambda forge: f"Bearer {forge.with_signature(lambda raw: raw[:-1])}",
    "signature missing": lambda forge: f"Bearer {forge.with_signature(lambda _: b'')}",
    "alg none": lambda forge: f"Bearer {forge.unsigned('none')}",
    "alg None": lambda forge: f"Bearer {forge.unsigned('None')}",
    "HS256 with the public key as PEM": lambda forge: (
        f"Bearer {forge.signed_with_the_public_key(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)}"
    ),
    "HS256 with the raw public key": lambda forge: (
        f"Bearer {forge.signed_with_the_public_key(Encoding.Raw, PublicFormat.Raw)}"
    ),
    "another key": lambda forge: f"Bearer {forge.headed(pem=new_key())}",
    "a key of one's own in the header": lambda forge: f"Bearer {own_key_in_header(forge)}",
    "unknown kid": lambda forge: f"Bearer {forge.headed(kid='other')}",
    "no kid": lambda forge: f"Bearer {forge.headed(kid=None)}",
    "typ JWT": lambda forge: f"Bearer {forge.headed(typ='JWT')}",
    "another audience": lambda forge: f"Bearer {forge.signed(aud='another')}",
    "another issuer": lambda forge: f"Bearer {forge.signed(iss='http://another.example')}",
    **{f"no {name}": lambda forge, name=name: f"Bearer {forge.signed(without=name)}"  # type: ignore[misc]  # bound now
       for name in ("exp", "iat", "iss", "aud", "sub", "jti", "sid")},
    "sub of another kind": lambda forge: f"Bearer {forge.signed(sub='admin')}",
    "sid of another type": lambda forge: f"Bearer {forge.signed(sid=7)}",
    "exp beyond time": lambda forge: f"Bearer {forge.signed(exp=10**18)}",
    "a refresh token": lambda forge: f"Bearer {forge.refresh_token}",
    "no token": lambda _: "Bearer",
    "not a token": lambda _: "Bearer a.b.c",
    "another scheme": lambda forge: f"Basic {forge.good}",
    "no scheme": lambda forge: forge.good,
    "an empty header": lambda _: "",
}  # fmt: skip


@pytest.fixture
async def client(easel: Installation) -> GraphClient:
    return await easel.signed_up("hana")


async def test_what_an_access_token_says(easel: Installation, client: GraphClient) -> None:
    answer = await client.data("{ viewer { id sessions { id } } }")
    assert client.token
    header = jwt.get_unverified_header(client.token)
    public = load_pem_private_key((easel.folder / "keys" / "token.pem").read_bytes(), None).public_key()

    # it is signed with the installation's key, named by its thumbprint
    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    x = base64.urlsafe_b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).rstrip(b"=").decode()
    thumbprint = hashlib.sha256(json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":")).encode())
    assert header["kid"] == base64.urlsafe_b64encode(thumbprint.digest()).rstrip(b"=").decode()

    # it names issuer, audience, user, session, itself and its end, 30 minutes after its issue
    assert isinstance(public, Ed25519PublicKey)
    claims = jwt.decode(client.token, public, ["EdDSA"], audience="easel", issuer=easel.url)
    assert set(claims) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp"}
    assert claims["exp"] - claims["iat"] == 30 * 60
    assert f"user_{UUID(claims['sub']).hex}" == answer["viewer"]["id"]
    assert f"session_{UUID(claims['sid']).hex}" == answer["viewer"]["sessions"][0]["id"]


async def test_every_token_has_an_id_of_its_own(easel: Installation, client: GraphClient) -> None:
    account = {"email": "hana@easel.example", "password": "correct horse"}
    session = (await easel.client().core("sign-in", account))["session"]
    assert client.token
    tokens = [
        jwt.decode(token, options={"verify_signature": False}) for token in (client.token, session["accessToken"])
    ]
    assert tokens[0]["jti"] != tokens[1]["jti"]
    assert datetime.fromisoformat(session["expiresAt"]).timestamp() == tokens[1]["exp"]


async def test_a_token_that_the_forge_copies_is_good(easel: Installation, client: GraphClient) -> None:
    assert client.token
    client.token = Forge(easel, client.token, client.refresh_token).signed()
    assert (await client.core("me"))["handle"] == "hana"


@pytest.mark.parametrize("kind", NOT_GOOD)
async def test_nothing_is_done_for_a_token_that_is_not_good(
    easel: Installation, client: GraphClient, database_url: str, kind: str
) -> None:
    # given a token that is not good
    assert client.token
    authorization = NOT_GOOD[kind](Forge(easel, client.token, client.refresh_token))
    before = row_counts(database_url)
    stranger = Authorized(easel.client(), authorization)

    # when it comes with queries and mutations, then each is refused
    profile = 'mutation { updateProfile(input: {bio: "mine"}) { __typename } }'
    submit = {"input": {"prompt": "a cat", "idempotencyKey": "1"}}
    for document, variables in (
        (CORE["me"], {}),
        (CORE["feed"], {"kind": "LATEST"}),
        ('{ user(handle: "hana") { id } }', {}),
        (CORE["submit"], submit),
        (profile, {}),
    ):
        answer = await stranger.post(document, variables)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"], document

    # and a socket is closed
    assert await stranger.close_code() == 4403
    assert row_counts(database_url) == before


class Authorized:
    """A client that sends an authorization header just as it is given."""

    def __init__(self, client: GraphClient, authorization: str) -> None:
        self.url = client.url
        self.authorization = authorization

    async def post(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        async with http_client() as http:
            headers = {"authorization": self.authorization, "content-type": "application/json"}
            body = json.dumps({"query": query, "variables": variables})
            answer: dict[str, Any] = (await http.post(f"{self.url}/graphql", content=body, headers=headers)).json()
        return answer

    async def close_code(self) -> int | None:
        url = self.url.replace("http", "ws", 1) + "/graphql"
        async with connect(url, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
            payload = {"authorization": self.authorization}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        return closed.value.rcvd.code if closed.value.rcvd else None


async def test_a_good_token_opens_a_socket_and_a_stranger_may_have_one(
    easel: Installation, client: GraphClient
) -> None:
    for who, handle in ((client, "hana"), (easel.client(), None)):
        async with who.socket() as socket:
            async for data in socket.subscribe("{ viewer { handle } }", {}):
                assert (data["viewer"] or {"handle": None})["handle"] == handle


async def test_what_asks_for_no_viewer_is_answered_with_any_token(easel: Installation) -> None:
    # those who sign in again send the old token along
    assert "session" in await easel.client("expired").core(
        "sign-up",
        {"email": "new@easel.example", "password": "correct horse", "handle": "new", "displayName": "New"},
    )
    signed_in = await easel.client("expired").core(
        "sign-in", {"email": "new@easel.example", "password": "correct horse"}
    )
    assert "session" in signed_in
