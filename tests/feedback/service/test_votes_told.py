"""What a vote tells and what not: no title that was redacted, no result of a few ballots."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from common.clock import city_day, utc_now
from common.crypto.keys import Keys
from common.rules import packaged_rules
from feedback.usecases import vote_counting, votes
from tests.feedback.agendas import head
from tests.feedback.polls import (
    TITLES,
    Sessions,
    cast,
    counted,
    feasible,
    least_ballots,
    office,
    published,
    send,
    shown,
    wish,
)

Header = dict[str, str]

__all__ = ["head"]


async def redacted(
    client: httpx.AsyncClient, head: Header, proposal_id: Any, title: str
) -> httpx.Response:
    path = f"/v1/proposals/{proposal_id}"
    version = (await client.get(path)).json()["version"]
    said = {"title": title, "words": "希望街道购买", "reason": "含他人姓名"}
    return await send(client, head, f"{path}/redaction", version, **said)


async def test_a_draft_with_a_title_that_was_redacted_is_not_published(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    async with sessions.begin() as session:
        options = await feasible(session, keys)
    setting = wish(options, utc_now() + timedelta(days=4)).model_dump(mode="json")
    old = (await send(client, head, "/v1/votes", **setting)).json()
    done = await redacted(client, head, options[1].id, "夜间服务")
    refused = await send(client, head, f"/v1/votes/{old['id']}/publication", 1)
    new = (await send(client, head, "/v1/votes", **setting)).json()
    out = await send(client, head, f"/v1/votes/{new['id']}/publication", 1)

    assert done.status_code == 200, done.text
    assert (refused.status_code, refused.json()["type"]) == (409, "option-changed")
    assert [each["title"] for each in out.json()["options"]][1] == "夜间服务"


async def test_what_is_redacted_once_no_ballot_binds_it_is_read_nowhere(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    """Neither in a vote that was withdrawn nor, where it was not chosen, in a counted one."""
    over = await counted(sessions, keys, [[1]] * 30)
    running = await published(sessions, keys)
    at = {vote.id: (await shown(client, vote))["options"][2] for vote in (over, running)}
    bound = await redacted(client, head, at[running.id]["proposal_id"], "楼道扶手")
    await send(client, head, f"/v1/votes/{running.id}/withdrawal", 2, reason="改期举办")
    done = [await redacted(client, head, each["proposal_id"], "加装扶手") for each in at.values()]
    told = [(await shown(client, vote))["options"][2]["title"] for vote in (over, running)]
    file = (await client.get(f"/v1/votes/{over.id}.pb")).text

    assert (bound.status_code, bound.json()["type"]) == (409, "proposal-on-ballot")
    assert [answer.status_code for answer in done] == [200, 200]
    assert told == ["加装扶手"] * 2
    assert ";加装扶手;" in file
    assert TITLES[2] not in file


@pytest.mark.parametrize(("ballots", "status"), [(9, "failed"), (10, "counted")])
async def test_votes_by_option_are_told_of_ten_ballots_or_more(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, ballots: int, status: str
) -> None:
    """Whatever the vote itself asks: of nine, `votes` would say what a few have chosen."""
    shipped = packaged_rules("feedback").at(city_day(utc_now()), "310101002")
    least = shipped.rule("vote.least_ballots").number
    vote = await published(sessions, keys, ago=timedelta(days=11), ballots_min=3)
    await cast(sessions, keys, vote, [[1], [1, 2], [2]] * 3 + [[3]] * (ballots - 9))
    async with sessions.begin() as session:
        await least_ballots(session, least)
        await vote_counting.count(
            session, vote.id, version=2, keys=keys, by=office(), now=utc_now()
        )
    told = await shown(client, vote)

    assert (least, told["status"]) == (10, status)
    votes = [each["votes"] for each in told["options"]]
    assert votes == ([6, 6, 1] if status == "counted" else [None] * 3)


async def test_a_vote_asks_for_as_many_ballots_as_the_rule(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    async with sessions.begin() as session:
        options = await feasible(session, keys)
        await least_ballots(session, 10)
    opens = utc_now() + timedelta(days=4)
    asked = [wish(options, opens, ballots_min=least).model_dump(mode="json") for least in (9, 10)]
    few, enough = [await send(client, head, "/v1/votes", **body) for body in asked]

    assert (few.status_code, few.json()["errors"][0]["pointer"]) == (422, "/ballots_min")
    assert "vote.least_ballots" in few.json()["errors"][0]["message"]
    assert enough.status_code == 201, enough.text


async def test_a_draft_of_before_the_rule_is_not_published(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    """The public would be told three, and the count would ask for ten."""
    opens = utc_now() + timedelta(days=4)
    async with sessions.begin() as session:
        options = await feasible(session, keys)
        given = wish(options, opens, electors=5, ballots_min=3)
        row = await votes.set_up(session, given, by=office(), now=utc_now())
        await least_ballots(session, 10)
    refused = await send(client, head, f"/v1/votes/{row.id}/publication", 1)
    stands = await shown(client, row, **head)

    assert (refused.status_code, refused.json()["type"]) == (409, "too-few-ballots-asked")
    assert "POST /v1/votes" in refused.json()["detail"]
    assert stands["status"] == "draft"
