"""How the loop of a bad rating ends: who calls whom, who hears what is still bad, and again."""

from typing import Any

import asyncpg
import httpx
import orjson
from sqlalchemy import select

from common.clock import utc_now
from common.crypto.keys import Keys
from common.db import database, direct_url
from deploy.local.environment import Urls
from feedback import tables, worker
from tests.feedback.served import Sessions, at, key, rated, rater_of, served, step
from tests.feedback.service.test_bad_ratings import bad
from tests.harness import Apps

__all__ = ["bad"]
Header = dict[str, str]


async def rectified(
    client: httpx.AsyncClient, header: Header, bad: dict[str, Any]
) -> dict[str, Any]:
    """The bad rating, verified and rectified."""
    said = {"finding": "substantiated", "words": "当日缺员"}
    verified = await step(client, header, bad, "verification", **said)
    done = await step(client, header, verified.json(), "rectification", measures="补派人员")
    found: dict[str, Any] = done.json()
    return found


async def handling(client: httpx.AsyncClient, header: Header, bad: dict[str, Any]) -> Any:
    return await client.get(f"/v1/ratings/{bad['id']}/handling", headers=header)


async def test_who_is_not_satisfied_is_heard_once_more_further_up_and_told_why_it_ends(
    client: httpx.AsyncClient,
    bad: dict[str, Any],
    resident: Header,
    neighbour: Header,
    clerk: Header,
    colleague: Header,
    head: Header,
    sessions: Sessions,
) -> None:
    done = await rectified(client, clerk, bad)
    raised = (await step(client, colleague, done, "call-back", outcome="not_satisfied")).json()
    said = {"outcome": "stands", "reason": "已补派并核对考勤，未再迟到"}
    desk = await step(client, colleague, raised, "review", **said)
    async with sessions.begin() as session:
        row = await session.get_one(tables.BadRating, bad["id"])
        row.clocks = {**row.clocks, "review": {**row.clocks["review"], "on": "2020-01-01"}}
    await worker.tell_late(sessions, now=utc_now())
    late = (await client.get("/v1/escalations", params={"step": "review"}, headers=head)).json()
    waiting = (await client.get(f"/v1/bad-ratings/{bad['id']}", headers=head)).json()
    ended = (await step(client, head, waiting, "review", **said)).json()
    twice = await step(client, head, ended, "review", **said)
    told = (await handling(client, resident, bad)).json()
    stranger = await handling(client, neighbour, bad)

    assert (raised["status"], raised["review_by"]["rule"]) == ("raised", "rating.review")
    assert desk.status_code == 403
    assert [(each["record_id"], each["is_open"]) for each in late["items"]] == [(bad["id"], True)]
    assert (waiting["is_overdue"], waiting["escalation_level"]) == (True, 1)
    assert (ended["status"], ended["is_overdue"]) == ("reviewed", False)
    assert twice.json()["type"] == "loop-cannot-move"
    assert (told["measures"], told["call_back"]) == ("补派人员", "not_satisfied")
    assert (told["review"], told["review_reason"]) == ("stands", said["reason"])
    assert stranger.status_code == 404


async def test_nobody_reviews_what_oneself_has_handled(
    client: httpx.AsyncClient, bad: dict[str, Any], colleague: Header, head: Header
) -> None:
    done = await rectified(client, head, bad)
    raised = await step(client, colleague, done, "call-back", outcome="not_satisfied")
    own = await step(client, head, raised.json(), "review", outcome="stands", reason="已办妥")

    assert (own.status_code, own.json()["type"]) == (409, "reviewer-handled")


async def test_only_who_has_taken_the_call_learns_whom_to_call_and_says_what_was_said(
    client: httpx.AsyncClient,
    bad: dict[str, Any],
    clerk: Header,
    colleague: Header,
    head: Header,
    venue_head: Header,
    provider: Header,
    sessions: Sessions,
) -> None:
    early = await step(client, colleague, bad, "caller")
    done = await rectified(client, clerk, bad)
    refused = [await step(client, each, done, "caller") for each in (clerk, venue_head, provider)]
    order = await step(client, colleague, done, "caller")
    again = await client.send(order.request)
    taken = (await client.get(f"/v1/bad-ratings/{bad['id']}", headers=head)).json()
    other = await step(client, head, taken, "call-back", outcome="satisfied")
    over = await step(client, head, taken, "caller")
    latest = {**taken, "version": taken["version"] + 1}
    former = await step(client, colleague, latest, "call-back", outcome="satisfied")
    ended = await step(client, head, latest, "call-back", outcome="satisfied")
    async with sessions() as session:
        number = await session.scalar(select(tables.Delivery.number))

    assert early.json()["type"] == "loop-cannot-move"
    told = [each.json()["type"] for each in refused]
    assert told == ["caller-rectified", "not-by-the-house", "permission-missing"]
    assert order.json() == {"rating_id": bad["id"], "referral_number": number}
    assert again.json() == order.json()
    assert order.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-store"
    assert (taken["is_taken"], number in str(taken)) == (True, False)
    assert other.json()["type"] == former.json()["type"] == "call-taken"
    assert over.json()["referral_number"] == number
    assert ended.json()["call_back"] == "satisfied"


async def test_who_has_seen_whom_to_call_is_in_the_audit_log(
    apps: Apps,
    fresh_database: Urls,
    keys: Keys,
    resident: Header,
    clerk: Header,
    colleague: Header,
) -> None:
    async with (
        database(fresh_database.app) as opened,
        apps.live("feedback", fresh_database, worker="false") as client,
    ):
        referral = await served(opened.sessions, rater_of(keys, "resident-1"))
        await rated(client, resident, referral, 1)
        [bad] = (await client.get("/v1/bad-ratings", headers=clerk)).json()["items"]
        done = await rectified(client, clerk, bad)
        order = await step(client, colleague, done, "caller")
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    entries = [orjson.loads(row[0]) for row in await owner.fetch("SELECT entry FROM audit_inbox")]
    await owner.close()
    seen = [each for each in entries if each["action"] == "bad_rating.take_call"]

    assert [each["outcome"] for each in seen] == ["read"]
    assert order.json()["referral_number"] not in str(entries)


async def amended(
    client: httpx.AsyncClient, header: Header, rating: dict[str, Any], level: int
) -> dict[str, Any]:
    answer = await client.put(
        f"/v1/ratings/{rating['id']}",
        json={"level": level},
        headers={**header, **key(), **at(rating["version"])},
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_rating_that_becomes_bad_again_begins_anew_once_its_loop_is_over(
    client: httpx.AsyncClient,
    bad: dict[str, Any],
    resident: Header,
    clerk: Header,
    colleague: Header,
    head: Header,
    sessions: Sessions,
) -> None:
    async def loop() -> dict[str, Any]:
        found: dict[str, Any] = (
            await client.get(f"/v1/bad-ratings/{bad['id']}", headers=clerk)
        ).json()
        return found

    async def late() -> None:
        async with sessions.begin() as session:
            row = await session.get_one(tables.BadRating, bad["id"])
            row.clocks = {**row.clocks, "verify": {**row.clocks["verify"], "on": "2020-01-01"}}
        await worker.tell_late(sessions, now=utc_now())

    [rating] = (await client.get("/v1/ratings", headers=resident)).json()["items"]
    good = await amended(client, resident, rating, 4)
    again = await amended(client, resident, good, 1)
    under_way = await loop()
    await late()
    done = await rectified(client, clerk, await loop())
    await step(client, colleague, done, "call-back", outcome="satisfied")
    worse = await amended(client, resident, again, 2)
    still_over = await loop()
    good = await amended(client, resident, worse, 5)
    await amended(client, resident, good, 1)
    anew = await loop()
    former = (await client.get("/v1/escalations", headers=head)).json()["items"]
    await late()
    mine = (await handling(client, resident, bad)).json()
    async with sessions() as session:
        kept = (await session.scalars(select(tables.BadRatingRound))).one()
        told = (await session.scalars(select(tables.Escalation.round))).all()

    assert (under_way["status"], under_way["round"]) == ("open", 1)
    assert (still_over["status"], still_over["round"]) == ("called_back", 1)  # bad all the time
    assert (anew["status"], anew["round"], anew["escalation_level"]) == ("open", 2, 0)
    assert anew["measures"] is anew["call_back"] is anew["finding"] is None
    assert anew["version"] == still_over["version"] + 1
    assert (kept.round, kept.steps["measures"]) == (1, "补派人员")
    assert [each["is_open"] for each in former] == [False]  # nothing is late yet in the new turn
    assert sorted(told) == [1, 2]  # each turn has a ladder of its own
    assert (mine["round"], mine["status"], mine["measures"]) == (2, "open", None)
