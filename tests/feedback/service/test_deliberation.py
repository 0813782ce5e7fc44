"""Deliberation through the API: quorum and majority by rule, resolutions in a chain."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from common.clock import city_day, utc_now
from common.contracts.feedback_deliberation import (
    BodyIn,
    MeetingCancellation,
    MeetingIn,
    MinutesIn,
)
from common.crypto.keys import Keys
from common.db import database
from common.errors import PreconditionFailed
from deploy.local.environment import Urls
from feedback import tables
from feedback.usecases import deliberation
from tests.feedback.meetings import BODY, MINUTES, body, held, listed, meeting, resolved
from tests.feedback.polls import Sessions, feasible, office, send

Header = dict[str, str]


async def test_a_meeting_below_its_quorum_decides_nothing(
    client: httpx.AsyncClient, clerk: Header
) -> None:
    of = await body(client, clerk)
    few, enough = await meeting(client, clerk, of), await meeting(client, clerk, of)
    below = await held(client, clerk, of, few, 3)
    quorate = await held(client, clerk, of, enough, 4)
    refused = await resolved(client, clerk, few, (3, 0))
    again = await held(client, clerk, of, {**few}, 6)

    assert (below.json()["status"], below.json()["seats"]) == ("inquorate", 6)
    assert (quorate.json()["status"], quorate.json()["quorum_rule"]) == (
        *("held",),
        "committee.quorum",
    )
    assert (refused.status_code, refused.json()["type"]) == (409, "meeting-cannot-move")
    assert again.json()["type"] == "stale-version"


@pytest.mark.parametrize(
    ("kind", "votes_for", "is_adopted"),
    [
        ("community_committee", 3, True),
        ("community_committee", 2, False),
        ("residents_congress", 3, True),
        ("town_deputies", 3, False),
        ("town_deputies", 4, True),
    ],
)
async def test_the_majority_follows_from_the_rule_of_its_kind(
    client: httpx.AsyncClient, clerk: Header, kind: str, votes_for: int, *, is_adopted: bool
) -> None:
    """Four of six seats are present: most bodies count those, a congress counts all six."""
    of = await body(client, clerk, kind=kind)
    called = await meeting(client, clerk, of)
    await held(client, clerk, of, called, 4)
    made = await resolved(client, clerk, called, (votes_for, 4 - votes_for))

    assert made.status_code == 201, made.text
    assert made.json()["is_adopted"] is is_adopted


async def test_resolutions_go_on_from_each_other_and_an_agenda_item_carries_them(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    clerk: Header,
    bearer: Callable[..., Header],
) -> None:
    async with sessions.begin() as session:
        proposal = (await feasible(session, keys, 1))[0]
    of = await body(client, clerk)
    topic = {"title": proposal.title, "proposal_id": str(proposal.id)}
    numbers, previous = [], None
    for votes in ((3, 1), (4, 0)):
        called = await meeting(client, clerk, of, topic)
        await held(client, clerk, of, called, 4)
        more = {} if previous is None else {"previous_id": previous}
        made = (await resolved(client, clerk, called, votes, **more)).json()
        previous = made["id"]
        numbers.append(made["number"])
    chain = (await client.get(f"/v1/resolutions/{previous}/chain")).json()
    agenda = await listed(client, bearer, proposal.id)

    assert [each["number"] for each in chain] == numbers
    assert agenda.status_code == 201, agenda.text
    assert agenda.json()["items"][0]["resolutions"] == numbers
    assert (agenda.json()["rule"], agenda.json()["vote_id"]) == ("resolution", None)


async def test_agendas_under_one_document_never_come_to_more_than_it_approves(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    clerk: Header,
    head: Header,
    bearer: Callable[..., Header],
) -> None:
    async with sessions.begin() as session:
        first, second = await feasible(session, keys, 2)
    of = await body(client, clerk)
    for each in (first, second):
        topic = {"title": each.title, "proposal_id": str(each.id)}
        called = await meeting(client, clerk, of, topic)
        await held(client, clerk, of, called, 4)
        await resolved(client, clerk, called, (4, 0))
    agenda = await listed(client, bearer, first.id, pot_total_fen=1_300_000)
    more = await listed(client, bearer, second.id)
    told = await listed(client, bearer, second.id, pot_total_fen=5_000_000)
    rest = await listed(client, bearer, second.id, pot_fen=600_000)
    path = f"/v1/agendas/{rest.json()['id']}/withdrawal"
    await send(client, head, path, 1, reason="改由区级资金承担")
    again = await listed(client, bearer, second.id, pot_fen=600_000)

    assert (agenda.status_code, rest.status_code, again.status_code) == (201, 201, 201)
    assert (more.status_code, more.json()["type"]) == (409, "pot-exceeded")
    assert "600000" in more.json()["detail"]
    assert told.json()["type"] == "pot-differs"


async def test_what_a_later_resolution_has_overturned_binds_no_money(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    clerk: Header,
    bearer: Callable[..., Header],
) -> None:
    """Until a third one adopts it after all."""
    async with sessions.begin() as session:
        proposal = (await feasible(session, keys, 1))[0]
    of = await body(client, clerk)
    topic = {"title": proposal.title, "proposal_id": str(proposal.id)}
    made: list[Any] = []
    refused = None
    for votes in ((4, 0), (0, 4), (4, 0)):
        called = await meeting(client, clerk, of, topic)
        await held(client, clerk, of, called, 4)
        more = {"previous_id": made[-1]["id"]} if made else {}
        made.append((await resolved(client, clerk, called, votes, **more)).json())
        if len(made) == 2:
            refused = await listed(client, bearer, proposal.id)
    agenda = await listed(client, bearer, proposal.id)

    assert refused is not None
    assert (refused.status_code, refused.json()["type"]) == (409, "not-resolved")
    assert agenda.json()["items"][0]["resolutions"] == [made[0]["number"], made[2]["number"]]


async def test_a_body_decides_in_its_term_on_proposals_of_its_area(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    clerk: Header,
    other_street: Header,
) -> None:
    async with sessions.begin() as session:
        proposal = (await feasible(session, keys, 1))[0]
    over = await body(client, clerk, 0, term_from_on="2020-01-01", term_to_on="2021-12-31")
    foreign = await body(client, other_street, 0, area_code="310104003000")
    topics = [{"title": "其他事项"}, {"title": "助餐", "proposal_id": str(proposal.id)}]
    called = {"starts_at": utc_now().isoformat(), "place": "二楼会议室", "topics": topics}
    late = await send(client, clerk, "/v1/meetings", **called, body_id=over["id"])
    away = await send(client, other_street, "/v1/meetings", **called, body_id=foreign["id"])

    assert (late.status_code, late.json()["errors"][0]["pointer"]) == (422, "/starts_at")
    assert (away.status_code, away.json()["errors"][0]["pointer"]) == (
        *(422,),
        "/topics/1/proposal_id",
    )


async def test_an_old_resolution_after_the_term_or_of_elsewhere_counts_no_more(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    clerk: Header,
    bearer: Callable[..., Header],
) -> None:
    """Meetings were once called without a look at either."""
    async with sessions.begin() as session:
        proposals = await feasible(session, keys, 2)
    moved = [
        {"term_from_on": date(2020, 1, 1), "term_to_on": date(2021, 12, 31)},
        {"area_code": "310104003000"},
    ]
    for proposal, then in zip(proposals, moved, strict=True):
        of = await body(client, clerk)
        topic = {"title": proposal.title, "proposal_id": str(proposal.id)}
        called = await meeting(client, clerk, of, topic)
        await held(client, clerk, of, called, 4)
        assert (await resolved(client, clerk, called, (4, 0))).json()["is_adopted"]
        async with sessions.begin() as session:
            row = await session.get(tables.DeliberationBody, UUID(of["id"]))
            assert row is not None
            for name, value in then.items():
                setattr(row, name, value)
    answers = [await listed(client, bearer, each.id) for each in proposals]

    assert [answer.json()["type"] for answer in answers] == ["not-resolved"] * 2


async def test_no_agenda_binds_what_nobody_has_approved_yet(
    client: httpx.AsyncClient, bearer: Callable[..., Header]
) -> None:
    tomorrow = str(city_day(utc_now()) + timedelta(days=1))
    early = await listed(client, bearer, uuid4(), pot_approved_on=tomorrow)

    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/pot_approved_on")


async def test_a_topic_is_decided_once_and_nobody_votes_who_was_not_there(
    client: httpx.AsyncClient, clerk: Header, other_street: Header
) -> None:
    of = await body(client, clerk)
    called = await meeting(client, clerk, of)
    stranger = await held(client, other_street, of, called, 4)
    await held(client, clerk, of, called, 4)
    many = await resolved(client, clerk, called, (4, 1))
    nothing = await resolved(client, clerk, called, (4, 0), topic=2)
    await resolved(client, clerk, called, (4, 0))
    twice = await resolved(client, clerk, called, (0, 4))

    assert stranger.json()["type"] == "out-of-area"
    assert many.json()["type"] == nothing.json()["type"] == "wrong-deliberation"
    assert (twice.status_code, twice.json()["type"]) == (409, "topic-decided")


async def test_an_empty_seat_counts_no_more(client: httpx.AsyncClient, clerk: Header) -> None:
    of = await body(client, clerk, seats=6)
    path = f"/v1/deliberation-bodies/{of['id']}/seats"
    yesterday = str((utc_now() - timedelta(days=2)).date())
    early = await send(client, clerk, f"{path}/{of['seats'][5]['id']}/closing", to_on=yesterday)
    ghost = await send(
        client,
        clerk,
        f"/v1/meetings/{(await meeting(client, clerk, of))['id']}/minutes",
        1,
        present=[of["id"]],
        minutes=MINUTES,
    )

    assert early.json()["errors"][0]["pointer"] == "/to_on"
    assert ghost.json()["errors"][0]["pointer"] == "/present/0"


async def test_a_meeting_is_called_off_until_its_minutes_are_written(
    client: httpx.AsyncClient, clerk: Header, other_street: Header
) -> None:
    of = await body(client, clerk)
    off, on = await meeting(client, clerk, of), await meeting(client, clerk, of)
    path, why = f"/v1/meetings/{off['id']}/cancellation", "场地临时停电，改期召开"
    bare = await send(client, clerk, path, 1)
    strange = await send(client, other_street, path, 1, reason=why)
    done = await send(client, clerk, path, 1, reason=why)
    again = await send(client, clerk, path, 2, reason=why)
    seats = [seat["id"] for seat in of["seats"]]
    minutes = await send(
        client, clerk, f"/v1/meetings/{off['id']}/minutes", 2, present=seats, minutes=MINUTES
    )
    decided = await resolved(client, clerk, off, (4, 0))
    await held(client, clerk, of, on, 6)
    late = await send(client, clerk, f"/v1/meetings/{on['id']}/cancellation", 2, reason=why)
    read = (await client.get(f"/v1/meetings/{off['id']}")).json()

    assert bare.status_code == 422
    assert strange.json()["type"] == "out-of-area"
    assert done.status_code == 200, done.text
    assert (read["status"], read["cancel_reason"]) == ("cancelled", why)
    for refused in (again, minutes, decided):
        assert (refused.status_code, refused.json()["type"]) == (409, "meeting-cancelled")
    assert late.json()["type"] == "meeting-cannot-move"


async def test_of_minutes_and_a_cancellation_at_once_one_is_written(
    fresh_database: Urls,
) -> None:
    now = utc_now()
    async with database(fresh_database.app, pool_size=3) as opened:
        async with opened.sessions.begin() as session:
            wish = BodyIn.model_validate(BODY)
            of = await deliberation.set_up(session, wish, by=office(), now=now)
            called = MeetingIn.model_validate(
                {
                    "body_id": of.id,
                    "starts_at": now,
                    "place": "街道二楼会议室",
                    "topics": [{"title": "助餐点加一餐"}],
                }
            )
            row = await deliberation.call(session, called, by=office(), now=now)

        async def write_down() -> object:
            said = MinutesIn(present=[], minutes=MINUTES)
            async with opened.sessions.begin() as session:
                return await deliberation.hold(
                    session, row.id, said, version=1, by=office(), now=now
                )

        async def call_off() -> object:
            said = MeetingCancellation(reason="场地临时停电，改期召开")
            async with opened.sessions.begin() as session:
                return await deliberation.cancel(
                    session, row.id, said, version=1, by=office(), now=now
                )

        came = await asyncio.gather(write_down(), call_off(), return_exceptions=True)

    assert [type(each) for each in came].count(PreconditionFailed) == 1
