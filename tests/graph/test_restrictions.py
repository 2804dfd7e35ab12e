"""Strikes count until they expire, three restrict by themselves, and restrictions keep from what they name, and end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from court import ERROR, LIFT, PUBLISH, Court, court
from domain import policies
from graph_client import CORE
from people import key_in
from stored import row_counts, sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

COMMENT = f"""mutation($input: AddCommentInput!) {{ addComment(input: $input) {{
  ... on AddCommentSuccess {{ comment {{ id }} }} ... on Restricted {{ until reason canAppeal }} {ERROR} }} }}"""
SUBMIT = f"""mutation($input: SubmitGenerationInput!) {{ submitGeneration(input: $input) {{
  ... on SubmitGenerationSuccess {{ job {{ id }} }} ... on Restricted {{ until reason canAppeal }} {ERROR} }} }}"""
OWN = """{ viewer { strikes { isActive decision { effect } } restrictions { id activities reason until isActive
  isAutomatic decision { id effect } } } }"""


@pytest.fixture
async def place(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Court]:
    async with court(database_url, redis_url, tmp_path) as opened:
        yield opened


async def tried(place: Court, who: str, asset: str, artwork: str) -> dict[str, Any]:
    """Return the results of all that can be restricted."""
    return {
        "PUBLISH": await place.ask(PUBLISH, who, assetIds=[asset], title="x"),
        "COMMENT": await place.ask(COMMENT, who, artworkId=artwork, text="hello", idempotencyKey="c"),
        "GENERATE": await place.ask(SUBMIT, who, prompt="the sea", count=1, idempotencyKey="g"),
    }


@pytest.mark.parametrize("named", [["PUBLISH"], ["COMMENT", "GENERATE"], None])
async def test_the_restricted_may_not_do_what_is_named_until_it_ends(place: Court, named: list[str] | None) -> None:
    # given somebody who is restricted
    user = await place.user()
    asset, artwork = place.asset(user), await place.artwork(await place.user())
    until = datetime.now(UTC) + timedelta(days=3)
    more = {"activities": named} if named else {}
    await place.judged(user, "RESTRICT", restrictUntil=until.isoformat(), **more)
    before = row_counts(place.database_url)

    # when they try everything, then what is named is refused, and nothing was written
    wanted = named or ["PUBLISH", "COMMENT", "GENERATE"]
    results = await tried(place, user, asset, artwork)
    for activity, result in results.items():
        if activity in wanted:
            assert (result["code"], result["retryable"], result["reason"]) == ("RESTRICTED", True, "HATE")
            assert (datetime.fromisoformat(result["until"]), result["canAppeal"]) == (until, True)
            ends = f"You may not do this until {until:%Y-%m-%d %H:%M} UTC."
            assert result["message"] == f"It incites hatred. {ends}"
        else:
            assert "code" not in result
    if len(wanted) == 3:
        assert row_counts(place.database_url) == before
    (own,) = (await place.graph.run(OWN, None, user))["viewer"]["restrictions"]
    assert (own["activities"], own["isActive"], own["isAutomatic"]) == (wanted, True, False)

    # and once the moment has come, nothing is, without anybody's doing
    sql(place.database_url, "UPDATE restrictions SET until = now() - interval '1 second'")
    assert not [each for each in (await tried(place, user, asset, artwork)).values() if "code" in each]
    assert (await place.graph.run(OWN, None, user))["viewer"]["restrictions"] == []


def _mutation(name: str, success: str) -> str:
    kind = name[0].upper() + name[1:]
    return f"""mutation($input: {kind}Input!) {{ {name}(input: $input) {{
      ... on {kind}Success {{ {success} }} {ERROR} }} }}"""


async def test_the_restricted_say_and_show_nothing_new_by_any_path_but_may_take_back(place: Court) -> None:
    # given somebody with things that others see, and some that they do not
    user, other = await place.user(), await place.user()
    artwork, draft = await place.artwork(user), await place.artwork(user, visibility="PRIVATE")
    comment = place.comment(user, await place.artwork(other))
    collection, character, preset, profile, edit, change = (
        _mutation(*each)
        for each in (
            *(("upsertCollection", "collection { id }"), ("createCharacter", "character { id }")),
            *(("savePromptPreset", "preset { id }"), ("updateProfile", "viewer { id }")),
            *(("editComment", "comment { id }"), ("updateArtwork", "artwork { id }")),
        )
    )
    update_character = _mutation("updateCharacter", "character { id }")
    kept = (await place.ask(collection, user, title="Sea", visibility="PUBLIC"))["collection"]["id"]
    hero = (await place.ask(character, user, name="Hero"))["character"]["id"]
    soon = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    await place.judged(user, "RESTRICT", restrictUntil=soon)
    before = row_counts(place.database_url)

    # when they say or show something new
    refused: list[tuple[str, dict[str, Any]]] = [
        (edit, {"commentId": comment, "text": "worse"}),
        (change, {"artworkId": artwork, "title": "worse"}),
        (change, {"artworkId": artwork, "tags": ["worse"]}),
        (change, {"artworkId": draft, "visibility": "UNLISTED"}),
        (collection, {"title": "worse", "visibility": "PUBLIC"}),
        (collection, {"id": kept, "description": "worse"}),
        (character, {"name": "worse"}),
        (update_character, {"id": hero, "name": "worse"}),
        (preset, {"name": "worse", "prompt": "the sea", "visibility": "PUBLIC"}),
        (profile, {"displayName": "worse"}),
        (profile, {"bio": "worse"}),
        (profile, {"links": ["https://worse.example"]}),
        (profile, {"avatarAssetId": place.asset(user)}),
    ]
    for document, given in refused:
        assert (await place.ask(document, user, **given))["code"] == "RESTRICTED", given

    # then nothing was written but the pictures of this test
    assert row_counts(place.database_url) == before | {"media_assets": before["media_assets"] + 1}
    said = (
        "SELECT count(*) FROM artworks a, comments c, users u WHERE 'worse' IN (a.title, c.text, u.display_name, u.bio)"
    )
    assert sql(place.database_url, said) == [(0,)]

    # and what nobody else sees, or takes something back, is still theirs to do; reporting others is, too
    allowed: list[tuple[str, dict[str, Any]]] = [
        (change, {"artworkId": artwork, "visibility": "UNLISTED"}),
        (change, {"artworkId": draft, "title": "mine"}),
        (collection, {"title": "Mine", "visibility": "PRIVATE"}),
        (collection, {"id": kept, "visibility": "PRIVATE"}),
        (character, {"name": "Mine", "visibility": "PRIVATE"}),
        (update_character, {"id": hero, "visibility": "PRIVATE"}),
        (preset, {"name": "Mine", "prompt": "the sea"}),
        (profile, {"bio": "", "links": [], "avatarAssetId": None}),
    ]
    for document, given in allowed:
        assert "code" not in await place.ask(document, user, **given), given
    assert "report" in await place.report(user, other)


async def test_who_reports_at_random_may_be_kept_from_that(place: Court) -> None:
    user, other = await place.user(), await place.user()
    soon = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    await place.judged(user, "RESTRICT", restrictUntil=soon, activities=["REPORT"])
    before = row_counts(place.database_url)
    assert (await place.report(user, other))["code"] == "RESTRICTED"
    assert row_counts(place.database_url) == before
    assert "artwork" in await place.ask(PUBLISH, user, assetIds=[place.asset(user)], title="x")


async def test_a_moderator_ends_a_restriction(place: Court) -> None:
    user = await place.user()
    soon = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    await place.judged(user, "RESTRICT", restrictUntil=soon)
    ((key,),) = sql(place.database_url, "SELECT id FROM restrictions")
    restriction = f"restriction_{key.hex}"
    before = row_counts(place.database_url)
    for who in (user, await place.user("other")):
        assert (await place.ask(LIFT, who, restrictionId=restriction))["code"] == "FORBIDDEN"
    for wrong in (f"restriction_{'0' * 32}", f"case_{key.hex}", "\x00"):
        assert (await place.ask(LIFT, place.mods[1], restrictionId=wrong))["code"] == "NOT_FOUND"
    assert row_counts(place.database_url)["audit_entries"] == before["audit_entries"]

    first = (await place.ask(LIFT, place.mods[1], restrictionId=restriction))["restriction"]
    again = (await place.ask(LIFT, place.mods[0], restrictionId=restriction))["restriction"]

    assert first["isActive"] is False
    assert again == first
    lifted = "SELECT actor_id FROM audit_entries WHERE action = 'RESTRICTION_LIFTED'"
    assert sql(place.database_url, lifted) == [(key_in(place.mods[1]),)]
    assert "artwork" in await place.ask(PUBLISH, user, assetIds=[place.asset(user)], title="x")


async def test_nobody_lifts_their_own_restriction(place: Court) -> None:
    one, other = place.mods
    case = await place.case(one)
    soon = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    await place.decide(other, case, "UPHELD", "RESTRICT", restrictUntil=soon)
    ((key,),) = sql(place.database_url, "SELECT id FROM restrictions")
    assert (await place.ask(LIFT, one, restrictionId=f"restriction_{key.hex}"))["code"] == "NOT_FOUND"


async def test_three_strikes_restrict_and_an_appeal_of_any_of_them_ends_that(place: Court) -> None:
    # given two strikes, and one that has expired
    user = await place.user()
    things = [await place.artwork(user) for _ in range(4)]
    await place.judged(things[0])
    sql(place.database_url, "UPDATE strikes SET expires_at = now()")
    results = [await place.judged(things[1]), await place.judged(things[2])]
    assert sql(place.database_url, "SELECT count(*) FROM restrictions") == [(0,)]

    # when a third one comes
    await place.judged(things[3])

    # then everything is restricted for a week, and the audit knows by what rule
    own = (await place.graph.run(OWN, None, user))["viewer"]
    assert len(own["strikes"]) == 3
    (restriction,) = own["restrictions"]
    assert (restriction["isAutomatic"], len(restriction["activities"])) == (True, 3)
    left = datetime.fromisoformat(restriction["until"]) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left < policies.LADDER[3]
    assert sql(place.database_url, "SELECT actor_id FROM audit_entries WHERE action = 'USER_RESTRICTED'") == [(None,)]
    assert (await place.ask(PUBLISH, user, assetIds=[place.asset(user)], title="x"))["code"] == "RESTRICTED"

    # and when an appeal takes an earlier one back, two are left, and nobody is restricted
    await place.appeal(user, results[0]["decision"]["id"])
    await place.decide(place.mods[1], results[0]["case"]["id"], "OVERTURNED", "NONE")
    own = (await place.graph.run(OWN, None, user))["viewer"]
    assert (len(own["strikes"]), own["restrictions"]) == (2, [])


async def test_warnings_are_no_strikes(place: Court) -> None:
    user = await place.user()
    for _ in range(3):
        await place.judged(await place.artwork(user), "WARN")
    assert (await place.graph.run(OWN, None, user))["viewer"] == {"strikes": [], "restrictions": []}


def test_the_ladder_grows_with_the_strikes() -> None:
    days = [policies.penalty(strikes) for strikes in range(8)]
    expected = [None, None, None, *(timedelta(days=each) for each in (7, 30, 90, 90, 90))]
    assert days == expected


async def test_what_was_done_before_is_done_again_to_the_restricted(place: Court) -> None:
    # given a job that was submitted before
    user = await place.user()
    given = {"prompt": "the sea", "count": 1, "idempotencyKey": "k"}
    first = (await place.ask(CORE["submit"], user, **given))["job"]["id"]
    soon = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    await place.judged(user, "RESTRICT", restrictUntil=soon)
    # when the same request comes again, its answer was lost on the way
    assert (await place.ask(CORE["submit"], user, **given))["job"]["id"] == first
