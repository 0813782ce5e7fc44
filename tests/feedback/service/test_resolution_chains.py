"""Resolutions go on from each other on one proposal, and nobody goes on from those of elsewhere."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from common.crypto.keys import Keys
from common.ids import uuid7
from feedback import tables
from feedback.domain import deliberation as rules
from tests.feedback.meetings import body, decided, listed, meeting
from tests.feedback.polls import STREET_AREA, Sessions, feasible

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
            is_same_proposal=is_same_proposal,
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
