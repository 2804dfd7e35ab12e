"""Users as others see them, handles, and changing one's own profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stored import new_asset, sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

UPDATE = """mutation($input: UpdateProfileInput!) {
  updateProfile(input: $input) {
    ... on UpdateProfileSuccess { viewer { user { displayName bio links avatar: primaryMedia { id } avatarUrl } } }
    ... on UserError { code path }
  }
}"""
USER = "query($handle: String!) { user(handle: $handle) { id handle displayName bio links followerCount } }"
AVAILABLE = "query($handle: String!) { handleAvailable(handle: $handle) }"


async def test_a_user_is_found_by_handle_in_any_form(easel: Installation) -> None:
    client = await easel.signed_up("sora")
    for handle in ("sora", "@Sora", "SORA"):
        user = (await easel.client().data(USER, {"handle": handle}))["user"]
        assert (user["id"], user["handle"], user["displayName"]) == (client.viewer_id, "sora", "Sora")
    for handle in ("sor", "nobody", "", "so ra", "sora\0", "sora\ud800", "소라"):
        assert (await easel.client().data(USER, {"handle": handle}))["user"] is None


async def test_handles_are_available_that_are_well_formed_and_free(easel: Installation) -> None:
    await easel.signed_up("sora")
    handles = ["sora", "@SORA", "soran", "ab", "1ab", "소라소라", "", "sora\ud800", "a" * 31]
    free = [(await easel.client().data(AVAILABLE, {"handle": handle}))["handleAvailable"] for handle in handles]
    assert [handle for handle, is_free in zip(handles, free, strict=True) if is_free] == ["soran"]


async def test_what_is_left_out_stays(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up("sora")
    avatar = new_asset(database_url, client.viewer_id)

    async def update(**change: Any) -> dict[str, Any]:  # noqa: ANN401
        result: dict[str, Any] = (await client.data(UPDATE, {"input": change}))["updateProfile"]["viewer"]["user"]
        return result

    # when each value is set by itself
    await update(displayName="  소라   🌸 ")
    await update(bio=" 첫 줄\n둘째 줄 ")
    await update(links=["https://sora.example/a?b=1#c"])
    whole = await update(avatarAssetId=avatar)

    # then all of them stand
    assert (whole["displayName"], whole["bio"]) == ("소라 🌸", "첫 줄\n둘째 줄")
    assert (whole["links"], whole["avatar"]) == (["https://sora.example/a?b=1#c"], {"id": avatar})
    assert whole["avatarUrl"].startswith(easel.url)

    # and nulls take away what can be without, and leave the rest
    bare = await update(displayName=None, bio=None, links=None, avatarAssetId=None)
    assert bare == whole | {"avatar": None, "avatarUrl": None}
    assert (await update(bio="", links=[])) == bare | {"bio": "", "links": []}


BAD_VALUES: list[tuple[dict[str, Any], list[str]]] = [
    ({"displayName": ""}, ["displayName"]),
    ({"displayName": "\u3164"}, ["displayName"]),
    ({"displayName": "x" * 51}, ["displayName"]),
    ({"displayName": "x\0"}, ["displayName"]),
    ({"bio": "x" * 501}, ["bio"]),
    ({"bio": "\ud800"}, ["bio"]),
    ({"links": [f"https://{n}.example" for n in range(6)]}, ["links"]),
    ({"links": ["https://a.example", "javascript:alert(1)"]}, ["links", "1"]),
    ({"links": [" javascript:alert(1)"]}, ["links", "0"]),
    ({"links": ["http://a.example"]}, ["links", "0"]),
    ({"links": ["data:text/html,x"]}, ["links", "0"]),
    ({"links": ["//a.example"]}, ["links", "0"]),
    ({"links": [""]}, ["links", "0"]),
    ({"links": ["https://"]}, ["links", "0"]),
    ({"links": ["https://a.example/\njavascript:alert(1)"]}, ["links", "0"]),
    ({"links": ['https://a.example/"><script>']}, ["links", "0"]),
    ({"links": ["https://a.example/\0"]}, ["links", "0"]),
    ({"links": ["https://a.example/\ud800"]}, ["links", "0"]),
    ({"links": ["https://a.example/" + "x" * 300]}, ["links", "0"]),
]


async def test_a_bad_value_changes_nothing_at_all(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    avatar = new_asset(database_url, client.viewer_id)
    before = sql(database_url, "SELECT * FROM users")

    good = {"displayName": "New", "bio": "new", "avatarAssetId": avatar}
    for change, path in BAD_VALUES:
        refused = (await client.data(UPDATE, {"input": good | change}))["updateProfile"]
        assert refused == {"code": "INVALID_INPUT", "path": ["input", *path]}, change
    assert sql(database_url, "SELECT * FROM users") == before


async def test_an_avatar_that_is_not_ones_own_is_not_found(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    foreign = new_asset(database_url, stranger.viewer_id)
    before = sql(database_url, "SELECT * FROM users ORDER BY id")

    for avatar in (foreign, client.viewer_id, "", "asset_", "asset_" + "0" * 32):
        refused = (await client.data(UPDATE, {"input": {"bio": "new", "avatarAssetId": avatar}}))["updateProfile"]
        assert refused == {"code": "NOT_FOUND", "path": ["input", "avatarAssetId"]}, avatar
    assert sql(database_url, "SELECT * FROM users ORDER BY id") == before


async def test_an_avatar_must_be_ready(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    unfinished = new_asset(database_url, client.viewer_id, "PENDING")
    before = sql(database_url, "SELECT * FROM users")
    refused = (await client.data(UPDATE, {"input": {"avatarAssetId": unfinished}}))["updateProfile"]
    assert refused == {"code": "INVALID_INPUT", "path": ["input", "avatarAssetId"]}
    assert sql(database_url, "SELECT * FROM users") == before


async def test_strangers_have_no_viewer_and_no_profile(easel: Installation) -> None:
    assert await easel.client().core("me") is None
    answer = await easel.client().post(UPDATE, {"input": {"bio": "x"}})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
