"""Votes through the API: frozen before they open, cast once, counted in public or not at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pabulib.checker import Checker
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from common.auth.roles import Role
from common.clock import utc_now
from common.crypto.keys import Keys
from feedback import tables
from feedback.domain.counting import equal_shares
from feedback.usecases import vote_counting
from tests.feedback.agendas import head
from tests.feedback.cases import HOME, key
from tests.feedback.pabulib import names, read
from tests.feedback.polls import (
    POT_FEN,
    STREET_AREA,
    Sessions,
    cast,
    counted,
    feasible,
    office,
    published,
    send,
    shown,
    wish,
)

Header = dict[str, str]
__all__ = ["head"]
BALLOTS = [[1], [1, 2], [2, 3], [3], [2], [1, 3]]


@pytest.fixture
def voter(bearer: Callable[..., Header]) -> Header:
    """A resident with a verified home in the street."""
    return bearer(Role.RESIDENT, subject="resident-1", area=HOME)


async def test_a_vote_is_set_up_over_priced_proposals_and_published_before_it_opens(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    async with sessions.begin() as session:
        options = await feasible(session, keys)
    opens = utc_now() + timedelta(days=4)
    made = await send(client, head, "/v1/votes", **wish(options, opens).model_dump(mode="json"))
    path = f"/v1/votes/{made.json()['id']}"
    draft, draft_of_staff = await client.get(path), await client.get(path, headers=head)
    drafts = await client.get("/v1/votes")
    out = await send(client, head, f"{path}/publication", 1)

    assert made.status_code == 201, made.text
    assert made.json()["number"].startswith("PJ")
    assert (draft.status_code, draft_of_staff.status_code) == (404, 200)
    assert drafts.json()["items"] == []
    assert [each["number"] for each in made.json()["options"]] == [1, 2, 3]
    assert made.json()["step_fen"] == 100
    assert (out.json()["status"], out.json()["is_open"]) == ("published", False)
    assert out.json()["tie_break"]


async def test_rules_that_come_too_late_for_notice_are_refused(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    async with sessions.begin() as session:
        options = await feasible(session, keys)
    soon = wish(options, utc_now() + timedelta(days=2)).model_dump(mode="json")
    made = await send(client, head, "/v1/votes", **soon)
    late = await send(client, head, f"/v1/votes/{made.json()['id']}/publication", 1)

    assert (late.status_code, late.json()["type"]) == (409, "notice-too-short")


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"unit": "household"}, "/credential"),
        ({"rule": "resolution"}, "/rule"),
        ({"choices_max": 9}, "/choices_max"),
        ({"ballots_min": 1001}, "/ballots_min"),
        ({"pot_fen": 999_950}, "/pot_fen"),
        ({"pot_fen": 500_000}, "/proposal_ids/0"),
        ({"pot_approved_by_id": "01900000-0000-7000-8000-0000000000ff"}, "/pot_approved_by_id"),
    ],
)
async def test_a_vote_that_contradicts_itself_is_refused_by_field(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    head: Header,
    more: dict[str, Any],
    pointer: str,
) -> None:
    async with sessions.begin() as session:
        options = await feasible(session, keys)
    body = wish(options, utc_now() + timedelta(days=9)).model_dump(mode="json")
    refused = await send(client, head, "/v1/votes", **{**body, **more})

    assert (refused.status_code, refused.json()["type"]) == (422, "wrong-vote")
    assert pointer in [fault["pointer"] for fault in refused.json()["errors"]]


@pytest.mark.parametrize("change", ["rule = 'greedy'", "pot_fen = 1", "closes_at = now()"])
async def test_what_is_published_is_frozen_in_the_database(
    sessions: Sessions, keys: Keys, change: str
) -> None:
    vote = await published(sessions, keys)

    for statement in (
        f"UPDATE vote SET {change} WHERE id = '{vote.id}'",
        f"UPDATE vote_option SET cost_fen = 1 WHERE vote_id = '{vote.id}'",
        f"DELETE FROM vote_option WHERE vote_id = '{vote.id}'",
        "DELETE FROM roll_entry",
    ):
        if statement.endswith("roll_entry"):
            await cast(sessions, keys, vote, [[1]])
        with pytest.raises(IntegrityError):
            async with sessions.begin() as session:
                await session.execute(text(statement))


async def test_a_resident_votes_once_and_a_retry_gets_the_same_answer(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, voter: Header
) -> None:
    vote = await published(sessions, keys)
    path, once = f"/v1/votes/{vote.id}/ballots", key()
    first = await client.post(path, json={"choices": [1, 3]}, headers={**voter, **once})
    retry = await client.post(path, json={"choices": [2]}, headers={**voter, **once})
    again = await send(client, voter, path, choices=[2])

    assert first.json() == {"vote_id": str(vote.id), "is_counted": True}
    assert (retry.json(), retry.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert (again.status_code, again.json()["type"]) == (409, "already-voted")


async def test_only_who_verifiably_lives_there_votes(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, bearer: Callable[..., Header]
) -> None:
    vote = await published(sessions, keys)
    path = f"/v1/votes/{vote.id}/ballots"
    unverified = bearer(Role.RESIDENT, subject="resident-9")
    vague = bearer(Role.RESIDENT, subject="resident-9", area="310101002")
    elsewhere = bearer(Role.RESIDENT, subject="resident-9", area="310104003001")
    clerk = bearer(Role.CLERK, area="310101002", line="civil_affairs")

    slugs = [
        (await send(client, header, path, choices=[1])).json()["type"]
        for header in (unverified, vague, elsewhere, clerk)
    ]

    assert slugs == ["home-not-verified"] * 2 + ["not-in-electorate", "permission-missing"]


@pytest.mark.parametrize("acr", ["L1", "gold"])
async def test_a_vote_about_money_asks_for_a_sign_in_that_knows_who_votes(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    bearer: Callable[..., Header],
    acr: str,
) -> None:
    path = f"/v1/votes/{(await published(sessions, keys)).id}/ballots"
    weak = bearer(Role.RESIDENT, subject="resident-9", area=HOME, acr=acr)
    sure = bearer(Role.RESIDENT, subject="resident-9", area=HOME, acr="L2")
    refused = await send(client, weak, path, choices=[1])
    taken = await send(client, sure, path, choices=[1])

    assert (refused.status_code, refused.json()["type"]) == (403, "login-too-weak")
    assert "vote.login_level" in refused.json()["detail"]
    assert taken.json()["is_counted"] is True


@pytest.mark.parametrize("choices", [[1, 1], [4], [1, 2, 3, 4], []])
async def test_a_ballot_holds_what_the_vote_offers(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, voter: Header, choices: list[int]
) -> None:
    vote = await published(sessions, keys)
    refused = await send(client, voter, f"/v1/votes/{vote.id}/ballots", choices=choices)

    assert refused.status_code == 422
    assert "Idempotent-Replayed" not in refused.headers


@pytest.mark.parametrize("ago", [timedelta(days=-1), timedelta(days=11)])
async def test_nobody_votes_before_the_opening_or_after_the_end(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, voter: Header, ago: timedelta
) -> None:
    vote = await published(sessions, keys, ago=ago)
    refused = await send(client, voter, f"/v1/votes/{vote.id}/ballots", choices=[1])

    assert (refused.status_code, refused.json()["type"]) == (409, "vote-not-open")


async def test_the_count_tells_why_each_option_was_chosen_or_not(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys
) -> None:
    vote = await counted(sessions, keys, BALLOTS)
    told = await shown(client, vote)
    english = await shown(client, vote, **{"Accept-Language": "en"})

    assert (told["status"], told["ballots"]) == ("counted", 6)
    assert told["cost_fen"] == sum(
        each["cost_fen"] for each in told["options"] if each["position"] is not None
    )
    assert told["cost_fen"] <= POT_FEN
    assert [each["votes"] for each in told["options"]] == [3, 3, 3]
    assert all(each["reason"] for each in told["options"])
    assert english["options"][0]["reason"] != told["options"][0]["reason"]


async def test_too_few_ballots_give_no_result_and_stay_unread(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys
) -> None:
    vote = await counted(sessions, keys, BALLOTS[:2])
    told = await shown(client, vote)
    async with sessions() as session:
        left = await session.scalar(
            text("SELECT (SELECT count(*) FROM urn) + (SELECT count(*) FROM counted_ballot)")
        )

    assert (told["status"], told["failure"], told["ballots"]) == ("failed", "too_few", None)
    assert left == 0


async def test_nothing_is_counted_early_or_in_dispute(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    running = await published(sessions, keys)
    early = await send(client, head, f"/v1/votes/{running.id}/count", 2)
    vote = await published(sessions, keys, ago=timedelta(days=11))
    await cast(sessions, keys, vote, BALLOTS)
    path = f"/v1/votes/{vote.id}"
    await send(client, head, f"{path}/dispute", 2, reason="有居民反映选票码被冒领")
    refused = await send(client, head, f"{path}/count", 3)
    over = await send(client, head, f"{path}/dispute", 3, reason="有居民反映开箱时间有误")
    await send(client, head, f"{path}/settlement", 3, is_upheld=False, reason="经核实未冒领")
    done = await send(client, head, f"{path}/count", 4)
    again = await send(client, head, f"{path}/count", 5)

    assert early.json()["type"] == "vote-not-over"
    assert (refused.status_code, refused.json()["type"]) == (409, "vote-disputed")
    assert (over.status_code, over.json()["type"]) == (409, "dispute-open")
    assert done.json()["dispute"] == "有居民反映选票码被冒领"  # not written over
    assert (done.json()["status"], done.json()["settlement"]) == ("counted", "经核实未冒领")
    assert again.json()["type"] == "vote-cannot-move"


async def test_a_settled_dispute_stays_in_public_when_another_one_is_put_down(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    vote = await published(sessions, keys, ago=timedelta(days=11))
    path = f"/v1/votes/{vote.id}"
    said = [("有居民反映选票码被冒领", "经核实未冒领"), ("有居民反映开箱时间有误", "情况属实")]
    await send(client, head, f"{path}/dispute", 2, reason=said[0][0])
    await send(client, head, f"{path}/settlement", 3, is_upheld=False, reason=said[0][1])
    await send(client, head, f"{path}/dispute", 4, reason=said[1][0])
    during = (await client.get(path)).json()
    await send(client, head, f"{path}/settlement", 5, is_upheld=True, reason=said[1][1])
    after = (await client.get(path)).json()

    assert (during["dispute"], during["settlement"]) == (said[1][0], None)
    assert [(each["reason"], each["settlement"]) for each in during["disputes"]] == said[:1]
    assert [(each["reason"], each["settlement"]) for each in after["disputes"]] == said
    assert after["disputes"][0]["settled_at"] < after["disputes"][1]["disputed_at"]
    for change in ("UPDATE vote_dispute SET settlement = '改写'", "DELETE FROM vote_dispute"):
        with pytest.raises(IntegrityError) as refused:
            async with sessions.begin() as session:
                await session.execute(text(change))
        name = getattr(refused.value.orig.__cause__, "constraint_name", None)
        assert name == "ck_vote_dispute_stays"


async def test_a_dispute_that_is_upheld_ends_the_vote_without_result(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    vote = await published(sessions, keys, ago=timedelta(days=11))
    await cast(sessions, keys, vote, BALLOTS)
    path = f"/v1/votes/{vote.id}"
    await send(client, head, f"{path}/dispute", 2, reason="选票码被冒领")
    ended = await send(client, head, f"{path}/settlement", 3, is_upheld=True, reason="情况属实")

    assert (ended.json()["status"], ended.json()["failure"]) == ("failed", "disputed")


async def test_a_ballot_that_nobody_cast_stops_the_count(
    sessions: Sessions, keys: Keys, client: httpx.AsyncClient, head: Header
) -> None:
    vote = await published(sessions, keys, ago=timedelta(days=11))
    await cast(sessions, keys, vote, BALLOTS)
    async with sessions.begin() as session:
        session.add(tables.RollEntry(vote_id=vote.id, voter="x", is_paper=False))
    refused = await send(client, head, f"/v1/votes/{vote.id}/count", 2)

    assert (refused.status_code, refused.json()["type"]) == (409, "figures-disagree")


async def test_the_export_is_a_pabulib_file_with_the_same_winners(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys
) -> None:
    ballots = [[1 + at % 5, 1 + (at * at + 1) % 5] for at in range(40)]
    ballots = [sorted(set(ballot)) for ballot in ballots]
    vote = await counted(sessions, keys, ballots, options=5, choices_max=2)
    answer = await client.get(f"/v1/votes/{vote.id}.pb")
    result = Checker().process_files([answer.text])
    election, winners = read(answer.text)
    told = await shown(client, vote)

    assert answer.status_code == 200, answer.text
    assert (result["metadata"]["invalid"], dict(result["summary"])) == (0, {}), result
    assert election.voters == 40
    assert {str(o["number"]) for o in told["options"] if o["position"]} == winners
    assert set(names(election, equal_shares(election, step_fen=1))) == winners


async def test_few_ballots_are_not_published_one_by_one(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys
) -> None:
    vote = await counted(sessions, keys, BALLOTS)
    refused = await client.get(f"/v1/votes/{vote.id}.pb")

    assert (refused.status_code, refused.json()["type"]) == (409, "ballots-not-published")


async def test_staff_of_another_street_organise_nothing_here(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, bearer: Callable[..., Header]
) -> None:
    vote = await published(sessions, keys)
    stranger = bearer(Role.STREET_HEAD, area="310104003", line="*")
    refused = [
        await send(client, stranger, f"/v1/votes/{vote.id}/{step}", 2, **body)
        for step, body in (
            ("withdrawal", {"reason": "不再举办"}),
            ("dispute", {"reason": "不再举办"}),
            ("count", {}),
        )
    ]

    assert [answer.json()["type"] for answer in refused] == ["out-of-area"] * 3


async def test_open_votes_of_an_area_are_listed(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys
) -> None:
    running = await published(sessions, keys)
    await published(sessions, keys, ago=timedelta(days=11))
    rows = await client.get("/v1/votes", params={"area": STREET_AREA[:9], "is_open": True})
    elsewhere = await client.get("/v1/votes", params={"area": "310104"})

    assert [row["id"] for row in rows.json()["items"]] == [str(running.id)]
    assert elsewhere.json()["items"] == []


async def test_a_count_starts_from_the_version_that_was_read(
    sessions: Sessions, keys: Keys
) -> None:
    vote = await published(sessions, keys, ago=timedelta(days=11))
    with pytest.raises(Exception, match="version"):
        async with sessions.begin() as session:
            await vote_counting.count(
                session, vote.id, version=1, keys=keys, by=office(), now=utc_now()
            )
