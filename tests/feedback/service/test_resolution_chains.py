"""Resolutions go on from each other on one proposal, and nobody goes on from those of elsewhere."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from common.crypto.keys import Keys
from common.db import database
from common.ids import uuid7
from deploy.local.environment import Urls
from feedback import main, tables
from feedback.domain import deliberation as rules
from tests.feedback.meetings import body, decided, held, listed, meeting, resolved
from tests.feedback.polls import STREET_AREA, Sessions, feasible
from tests.harness import Apps

Header = dict[str, str]
COLUMNS = inspect(tables.Resolution).columns.keys()


async def test_nobody_overturns_what_is_decided_elsewhere_or_on_something_else(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    clerk: Header,
    other_street: Header,
    bearer: Callable[..., Header],
) -> None:
    async with sessions.begin() as session:
        proposal = (await feasible(session, keys, 1))[0]
    topic = {"title": proposal.title, "proposal_id": str(proposal.id)}
    adopted = (await decided(client, clerk, (4, 0), topic)).json()
    against: dict[str, Any] = {"votes": (0, 4), "previous_id": adopted["id"]}
    away = await decided(client, other_street, **against, area_code="310104003000")
    aside = await decided(client, clerk, **against)
    agenda = await listed(client, bearer, proposal.id)
    own = await decided(client, clerk, (0, 4), topic, previous_id=adopted["id"])

    for refused, faults in ((away, 2), (aside, 1)):
        assert (refused.status_code, refused.json()["type"]) == (422, "wrong-deliberation")
        pointers = [each["pointer"] for each in refused.json()["errors"]]
        assert pointers == ["/previous_id"] * faults
    assert agenda.json()["items"][0]["resolutions"] == [adopted["number"]]
    assert (own.status_code, own.json()["is_adopted"]) == (201, False)


@pytest.mark.parametrize(
    ("area", "is_same_proposal", "goes_on"),
    [
        (STREET_AREA, True, True),
        ("310101000000", True, True),
        ("310000000000", True, True),
        (STREET_AREA, False, False),
        ("310101002001", True, False),
        ("310101003000", True, False),
        ("310104000000", True, False),
    ],
)
async def test_the_database_lets_a_resolution_go_on_as_the_rule_does(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    clerk: Header,
    area: str,
    *,
    is_same_proposal: bool,
    goes_on: bool,
) -> None:
    async with sessions.begin() as session:
        proposal = (await feasible(session, keys, 1))[0]
    topic = {"title": proposal.title, "proposal_id": str(proposal.id)}
    first = (await decided(client, clerk, (4, 0), topic)).json()
    called = await meeting(client, clerk, await body(client, clerk, 0), topic)
    wrong: list[type[Exception]] = []
    try:
        rules.check_goes_on(
            *(UUID(first["id"]), first["number"], first["area_code"], area),
            is_same_matter=is_same_proposal,
        )
    except rules.WrongDeliberation:
        wrong.append(rules.WrongDeliberation)
    try:
        async with sessions.begin() as session:
            row = await session.get_one(tables.Resolution, UUID(first["id"]))
            kept = {name: getattr(row, name) for name in COLUMNS}
            moved = {"id": uuid7(), "number": "JY-2", "meeting_id": UUID(called["id"])}
            later = {**kept, **moved, "area_code": area, "previous_id": row.id}
            if not is_same_proposal:
                later["proposal_id"] = None
            session.add(tables.Resolution(**later))
    except IntegrityError as refused:
        name = getattr(refused.orig and refused.orig.__cause__, "constraint_name", None)
        assert name == "ck_resolution_goes_on_within_its_area"
        wrong.append(IntegrityError)

    assert len(wrong) == (0 if goes_on else 2)


async def test_an_old_step_of_elsewhere_overturns_nothing(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    clerk: Header,
    bearer: Callable[..., Header],
) -> None:
    """Once nobody looked where the resolution was made that another one goes on from."""
    async with sessions.begin() as session:
        proposal = (await feasible(session, keys, 1))[0]
    topic = {"title": proposal.title, "proposal_id": str(proposal.id)}
    adopted = (await decided(client, clerk, (4, 0), topic)).json()
    against = (await decided(client, clerk, (0, 4), topic, previous_id=adopted["id"])).json()
    overturned = await listed(client, bearer, proposal.id)
    async with sessions.begin() as session:
        row = await session.get_one(tables.DeliberationBody, UUID(against["body_id"]))
        row.area_code = "310104003000"
    agenda = await listed(client, bearer, proposal.id)

    assert overturned.json()["type"] == "not-resolved"
    assert agenda.json()["items"][0]["resolutions"] == [adopted["number"]]


async def test_without_a_proposal_a_body_goes_on_from_its_own_topic_only(
    client: httpx.AsyncClient, clerk: Header
) -> None:
    meal, parking = {"title": "助餐点加一餐"}, {"title": "停车收费"}
    of, another = [await body(client, clerk) for _ in range(2)]
    first = (await on(client, clerk, of, meal)).json()
    stray = [
        await on(client, clerk, who, topic, previous_id=first["id"])
        for who, topic in ((another, parking), (another, meal), (of, parking))
    ]
    own = await on(client, clerk, of, meal, previous_id=first["id"])

    for refused in stray:
        assert (refused.status_code, refused.json()["type"]) == (422, "wrong-deliberation")
        assert [each["pointer"] for each in refused.json()["errors"]] == ["/previous_id"]
    assert own.status_code == 201, own.text


@pytest.mark.parametrize(
    ("is_own_body", "title", "goes_on"),
    [(True, "助餐点加一餐", True), (True, "停车收费", False), (False, "助餐点加一餐", False)],
)
async def test_the_database_knows_a_topic_without_a_proposal_as_the_rule_does(
    client: httpx.AsyncClient,
    sessions: Sessions,
    clerk: Header,
    title: str,
    *,
    is_own_body: bool,
    goes_on: bool,
) -> None:
    of = await body(client, clerk)
    first = (await on(client, clerk, of, {"title": "助餐点加一餐"})).json()
    who = of if is_own_body else await body(client, clerk, 0)
    called = await meeting(client, clerk, who, {"title": title})
    wrong = []
    try:
        async with sessions.begin() as session:
            row = await session.get_one(tables.Resolution, UUID(first["id"]))
            kept = {name: getattr(row, name) for name in COLUMNS}
            moved = {"id": uuid7(), "number": "JY-2", "meeting_id": UUID(called["id"])}
            later = {"body_id": UUID(who["id"]), "previous_id": row.id}
            session.add(tables.Resolution(**{**kept, **moved, **later}))
    except IntegrityError as refused:
        name = getattr(refused.orig and refused.orig.__cause__, "constraint_name", None)
        wrong.append(main.CONSTRAINTS[name or ""])
    told = rules.GoesOnAstray().sentence().en

    assert wrong == ([] if goes_on else [rules.GoesOnAstray])
    assert ("/previous_id" in told, "go on from one" in told) == (True, True)


async def test_the_migration_takes_off_what_counts_for_nothing_and_nothing_else(
    apps: Apps, fresh_database: Urls, keys: Keys, clerk: Header, other_street: Header
) -> None:
    """Once anybody went on from anything; the own body's resolution was kept out so."""
    away = {"area_code": "310104003000"}
    async with (
        database(fresh_database.app) as opened,
        database(fresh_database.owner) as owned,
        apps.live("feedback", fresh_database, worker="false") as client,
    ):
        async with opened.sessions.begin() as session:
            proposal = (await feasible(session, keys, 1))[0]
        meal = {"title": proposal.title, "proposal_id": str(proposal.id)}
        yes, no = (4, 0), (0, 4)
        adopted, blocked, kept = [(await decided(client, clerk, yes, meal)).json() for _ in "abc"]
        valid = (await decided(client, clerk, no, meal, previous_id=adopted["id"])).json()
        aside, between = [(await decided(client, other_street, no, **away)).json() for _ in "ab"]
        last = (await decided(client, clerk, no, meal)).json()
        links = {aside["id"]: blocked["id"], between["id"]: kept["id"], last["id"]: between["id"]}
        async with owned.sessions.begin() as session:
            await tie(session, links)
        out = await decided(client, clerk, no, meal, previous_id=blocked["id"])
        async with owned.sessions.begin() as session:
            await (await session.connection()).run_sync(_migration().detach)
        own = await decided(client, clerk, no, meal, previous_id=blocked["id"])
        async with opened.sessions() as session:
            rows = (await session.scalars(select(tables.Resolution))).all()
    told = {str(row.id): str(row.previous_id) for row in rows if row.previous_id is not None}

    assert (out.json()["type"], own.status_code) == ("topic-decided", 201)
    links[valid["id"]], links[own.json()["id"]] = adopted["id"], links.pop(aside["id"])
    assert told == links


async def tie(session: AsyncSession, links: dict[str, str]) -> None:
    """Links as the releases of then let them be written."""
    await session.execute(text("ALTER TABLE resolution DISABLE TRIGGER USER"))
    for later, previous in links.items():
        statement = text("UPDATE resolution SET previous_id = :previous WHERE id = :later")
        await session.execute(statement, {"later": UUID(later), "previous": UUID(previous)})
    await session.execute(text("ALTER TABLE resolution ENABLE TRIGGER USER"))


async def on(
    client: httpx.AsyncClient, clerk: Header, of: Any, topic: Any, **more: Any
) -> httpx.Response:
    """A resolution of a body on a topic, adopted unless it goes on from another."""
    called = await meeting(client, clerk, of, topic)
    await held(client, clerk, of, called, 4)
    return await resolved(client, clerk, called, (0, 4) if more else (4, 0), **more)


def _migration() -> Any:
    """The step itself, as it is run once."""
    name = "2026-11-30_go_on_from_what_is_ones_own.py"
    path = Path("services/feedback/migrations/versions") / name
    spec = importlib.util.spec_from_file_location("go_on_from_what_is_ones_own", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
