"""Ratings through the API: once, by who was served, amended in time; nobody sees who rated."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from sqlalchemy import func, select, text

from common.auth.roles import Role
from common.clock import city_day, utc_now
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.db import database
from common.feed.client import Change
from common.rules_table import RuleRow
from deploy.local.environment import Urls
from feedback import tables, worker
from feedback.queries import handover, tallies
from feedback.queries import ratings as queries
from feedback.usecases import deliveries
from feedback.usecases.ratings import praise_by_default
from tests.feedback import served as cases
from tests.feedback.cases import organisation, told
from tests.feedback.served import Sessions, at, days_pass, rate, rated, served
from tests.harness import Apps
from tests.matching.service.test_audit import entries

Header = dict[str, str]


@pytest.fixture
def me(keys: Keys) -> str:
    return cases.rater_of(keys, "resident-1")


async def test_who_was_served_is_invited_and_rates_once(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions, me: str
) -> None:
    referral = await served(sessions, me)
    invited = (await client.get("/v1/rating-invitations", headers=resident)).json()["items"]

    made = await rated(client, resident, referral, 4, options=["attitude"], words="师傅很准时")
    again = await rate(client, resident, referral, 1)
    left = (await client.get("/v1/rating-invitations", headers=resident)).json()["items"]
    listed = (await client.get("/v1/ratings", headers=resident)).json()["items"]

    assert [(each["referral_id"], each["is_invited"]) for each in invited] == [
        (str(referral), True)
    ]
    assert (made["level"], made["channel"], made["is_counted"]) == (4, "self", True)
    assert (again.status_code, again.json()["type"]) == (409, "already-rated")
    assert left == []
    assert listed == [made]


async def test_an_evaluation_names_who_served_and_what_as_far_as_it_was_told(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions, me: str
) -> None:
    made = await rated(client, resident, await served(sessions, me), 2)
    key = UUID(made["id"])
    async with sessions() as session:
        nameless = (await handover.evaluations(session, [key]))[key]
    body = organisation(cases.PROVIDER, name="某某服务社", credit_code="52310000MJ4922076H")
    await told(sessions, Kind.ORGANISATION, body)
    await told(sessions, Kind.OFFERING, {"id": cases.OFFERING, "name": "老年送餐", "long": "…"})
    async with sessions() as session:
        named = (await handover.evaluations(session, [key]))[key]

    assert (nameless.org_name, nameless.org_code, nameless.service_name) == (None, None, None)
    assert (named.org_name, named.org_code) == (body["name"], body["credit_code"])
    assert (named.service_name, named.satisfaction, named.is_bad) == ("老年送餐", 2, True)


async def test_nobody_else_rates_what_somebody_was_served(
    client: httpx.AsyncClient, neighbour: Header, clerk: Header, sessions: Sessions, me: str
) -> None:
    referral = await served(sessions, me)

    stranger = await rate(client, neighbour, referral)
    staff = await rate(client, clerk, referral)
    nobody = await rate(client, neighbour, await served(sessions, None))
    unknown = await rate(client, neighbour, uuid4())

    assert [each.json()["type"] for each in (stranger, staff, nobody)] == ["not-your-service"] * 3
    assert unknown.status_code == 404


async def test_neither_answer_nor_feed_nor_log_tells_who_rated(
    apps: Apps, fresh_database: Urls, resident: Header, me: str
) -> None:
    async with (
        apps.live("feedback", fresh_database, worker="false") as client,
        database(fresh_database.app) as opened,
    ):
        referral = await served(opened.sessions, me)
        made = await rated(client, resident, referral, 2, words="电话 13800138000 没人接")
        async with opened.sessions() as session:
            state = (await queries.states(session, [UUID(made["id"])]))[UUID(made["id"])]
            kept = (await session.scalars(select(tables.Rating))).one()

    log = orjson.dumps(await entries(fresh_database)).decode()
    fed = state.model_dump_json()

    assert all(me not in each for each in (fed, log, str(made)))
    assert all(str(referral) not in each for each in (fed, log))
    assert "resident-1" not in log
    assert (state.area_code, state.rated_on) == (cases.TOWN, city_day(utc_now()))
    assert "13800138000" not in str(kept.words)


async def test_an_amendment_keeps_what_was_said_before(
    client: httpx.AsyncClient, resident: Header, neighbour: Header, sessions: Sessions, me: str
) -> None:
    made = await rated(client, resident, await served(sessions, me), 5)
    path, wish = f"/v1/ratings/{made['id']}", {"level": 1, "options": ["came_late"]}

    stranger = await client.put(path, json=wish, headers={**neighbour, **at(1)})
    amended = await client.put(path, json=wish, headers={**resident, **at(1)})
    stale = await client.put(path, json=wish, headers={**resident, **at(1)})

    assert (stranger.status_code, stale.status_code) == (404, 412)
    assert (amended.json()["level"], amended.json()["version"]) == (1, 2)
    async with sessions() as session:
        before = (await session.scalars(select(tables.RatingVersion))).one()
        loop = (await session.scalars(select(tables.BadRating))).one()
    assert (before.version, before.level) == (1, 5)
    assert loop.status == "open"


async def test_ratings_and_amendments_have_their_days(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions, me: str
) -> None:
    then = utc_now() - timedelta(days=31)
    late = await served(sessions, me, now=then, served_at=then.isoformat())
    made = await rated(client, resident, await served(sessions, me))
    async with sessions.begin() as session:
        await session.execute(text("UPDATE rating SET rated_at = rated_at - interval '16 days'"))

    refused = await rate(client, resident, late)
    amended = await client.put(
        f"/v1/ratings/{made['id']}", json={"level": 3}, headers={**resident, **at(1)}
    )

    assert refused.json()["type"] == amended.json()["type"] == "rating-closed"


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"options": ["nothing_known"]}, "/options/0"),
        ({"options": ["came_late"]}, "/options/0"),  # not with five stars
        ({"options": ["attitude", "attitude"]}, "/options/1"),
        ({"dimensions": [{"dimension": "attitude", "level": 5}] * 2}, "/dimensions"),
        ({"channel": "call_back"}, "/channel"),
        ({"device_id": cases.VENUE}, "/device_id"),
    ],
)
async def test_a_rating_that_contradicts_itself_is_refused(
    client: httpx.AsyncClient,
    resident: Header,
    sessions: Sessions,
    me: str,
    wish: dict[str, Any],
    pointer: str,
) -> None:
    answer = await rate(client, resident, await served(sessions, me), 5, **wish)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_resident_is_invited_four_times_a_year_and_may_rate_all_the_same(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions, me: str
) -> None:
    for _ in range(5):
        last = await served(sessions, me)
    await cases.told(sessions, *(cases.state(uuid4(), me) for _ in range(3)))

    items = (await client.get("/v1/rating-invitations", headers=resident)).json()["items"]

    assert sum(each["is_invited"] for each in items) == 4
    assert len(items) == 8
    assert (await rate(client, resident, last)).status_code == 201


async def test_what_the_feed_tells_again_or_takes_back_changes_nothing_twice(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions, me: str
) -> None:
    referral, gone = uuid4(), await served(sessions, me)
    await cases.told(sessions, cases.state(referral, me))
    await cases.told(sessions, cases.state(referral, me))
    await cases.told(sessions, cases.state(uuid4(), me, status="accepted", served_at=None))
    async with sessions.begin() as session:
        await deliveries.apply(session, [Change("referral", gone, 9, None)], now=utc_now())

    items = (await client.get("/v1/rating-invitations", headers=resident)).json()["items"]

    assert [each["referral_id"] for each in items] == [str(referral)]
    async with sessions() as session:
        contacts = await session.scalar(select(func.sum(tables.Contacts.contacts)))
    assert contacts == 2


async def test_what_nobody_rated_becomes_praise_that_weighs_nothing(
    sessions: Sessions, me: str, now: datetime
) -> None:
    await served(sessions, me, now=now, served_at=now.isoformat())
    day_after = now + timedelta(days=31)

    async with sessions.begin() as session:
        early = await praise_by_default(session, now=now + timedelta(days=30), limit=10)
        praised = await praise_by_default(session, now=day_after, limit=10)
        again = await praise_by_default(session, now=day_after, limit=10)
        row = (await session.scalars(select(tables.Rating))).one()

    assert (early.number, praised.number, again.number) == (0, 1, 0)
    assert (row.channel, row.level, row.is_counted) == ("default", 5, False)


async def test_nobody_praises_by_silence_what_was_heard_of_too_late_to_be_rated(
    client: httpx.AsyncClient, sessions: Sessions, resident: Header, me: str, now: datetime
) -> None:
    late, last = [
        await served(sessions, me, now=now, served_at=(now - timedelta(days=days)).isoformat())
        for days in (31, 30)
    ]

    refused = await rate(client, resident, late)
    praised = await worker.praise_all(sessions, now=now + timedelta(days=1))
    async with sessions() as session:
        counted = await session.scalar(
            select(func.sum(tables.TallyChange.change)).where(
                tables.TallyChange.channel == tallies.SERVED
            )
        )
        row = (await session.scalars(select(tables.Rating))).one()

    assert refused.status_code == 404
    assert (praised, row.referral_id, counted) == (1, last, 1)


async def test_where_nothing_is_praised_by_rule_others_do_not_wait(
    sessions: Sessions, me: str, now: datetime
) -> None:
    await served(sessions, me, now=now, served_at=(now - timedelta(days=1)).isoformat())
    await served(sessions, me, now=now, served_at=now.isoformat(), area_code="310104003001")
    async with sessions.begin() as session:
        praise = RuleRow.code == "rating.default_praise"
        whole = (await session.scalars(select(RuleRow).where(praise))).one()
        columns = {each.key: getattr(whole, each.key) for each in RuleRow.__table__.columns}
        session.add(RuleRow(**{**columns, "id": uuid4(), "jurisdiction": "310101", "value": False}))

    assert await worker.praise_all(sessions, now=now + timedelta(days=40), batch=1) == 1


async def test_the_portal_gets_its_fields_and_no_person(
    client: httpx.AsyncClient, resident: Header, bearer: Any, sessions: Sessions, me: str
) -> None:
    await rated(client, resident, await served(sessions, me), 3)
    app = bearer(Role.PORTAL_APP, area="31")
    today = (await client.get("/v1/rating-reports", headers=app)).json()["items"]
    await days_pass(sessions, 1)

    found = (await client.get("/v1/rating-reports", headers=app)).json()["items"]
    elsewhere = await client.get("/v1/rating-reports", headers=bearer(Role.PORTAL_APP, area="3201"))

    assert today == []
    assert [(each["satisfaction"], each["evaluateChannel"]) for each in found] == [(3, "self")]
    assert not {"applicantName", "applicantCardNumber", "applicantPhone"} & found[0].keys()
    assert elsewhere.json()["items"] == []
