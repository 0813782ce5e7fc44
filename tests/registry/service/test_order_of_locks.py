"""One order of locks (decision 0044): a venue before what lies in it, many of a kind by their ids.

Two callers on connections of their own; where both must be under way, a third holds the gate.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.registry.bookings import CancelReason
from common.contracts.registry.concessions import ConcessionIn, ConcessionMove, ConcessionStatus
from common.contracts.registry.delegations import DecisionIn as Called
from common.contracts.registry.duplicates import DecisionIn, DuplicateStatus
from common.contracts.registry.duties import DutyPatch, SubstitutionIn
from common.contracts.registry.organisations import Dissolution
from common.contracts.registry.venues import VenuePatch
from common.errors import Problem
from common.geo import System
from registry import tables
from registry.usecases import (
    booking_steps,
    concessions,
    delegations,
    duties,
    merging,
    organisations,
    venues,
)
from tests.registry.inventory import draft, made, move, patched, street, venue
from tests.registry.rooms import ALWAYS, at, booked, house, room, roster, waiters, wish
from tests.registry.service.test_concessions import WISH
from tests.registry.service.test_concessions import draft as concession
from tests.registry.service.test_delegations import power
from tests.registry.service.test_duplicates import BODY, TWIN, queue, two_houses
from tests.registry.service.test_offerings_at_once import second_waits

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
Step = Callable[[AsyncSession], Awaitable[Any]]
NARROW = {**ALWAYS, "weekly": [{**ALWAYS["weekly"][0], "opens": "10:00"}]}
NARROW["holiday_hours"] = [{"opens": "10:00", "closes": "22:00"}]


@pytest.fixture
def office(actor: Callable[..., Actor]) -> Actor:
    return actor(Role.STREET_HEAD, area="310101002", line="*")


def edits(there: dict[str, Any], by: Actor, **values: Any) -> Step:
    """An edit of a venue as it was read."""
    return lambda session: venues.edit_venue(
        session,
        UUID(there["id"]),
        VenuePatch.model_validate(values),
        version=there["version"],
        system=System.WGS84,
        by=by,
        now=utc_now(),
    )


async def merges(
    client: httpx.AsyncClient,
    header: Header,
    kept: dict[str, Any],
    by: Actor,
    kind: str = "venue",
) -> Step:
    """The merge of the two records that are found alike."""
    (pair,) = await queue(client, header, kind)
    said = DecisionIn(verdict=DuplicateStatus.SAME, reason="实地核对", keep_id=UUID(kept["id"]))
    return lambda session: merging.decide(session, UUID(pair["id"]), said, by=by, now=utc_now())


async def both_at_the_gate(
    sessions: Sessions, gate: Any, first: Step, second: Step
) -> list[Problem | None]:
    """Run two while a third holds some rows; what each met. A ring of waiters is no answer."""

    async def run(step: Step) -> None:
        async with sessions.begin() as session:
            await step(session)

    async with sessions.begin() as session:
        await session.execute(gate.with_for_update())
        tasks = []
        for number, step in enumerate((first, second), start=1):
            tasks.append(asyncio.create_task(run(step)))
            await waiters(session, number)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        assert outcome is None or isinstance(outcome, Problem), outcome
    return outcomes  # type: ignore[return-value]  # just looked at


async def test_a_roster_edited_while_its_venues_hours_change_is_judged_by_the_new_ones(
    live_city: httpx.AsyncClient, clerk: Header, two: Sessions, office: Actor
) -> None:
    there = await house(live_city, clerk)
    whole = {"title": "站长", "phone": "021-63210001", "hours": ALWAYS}
    duty = await _duty(live_city, clerk, there, a=whole, b=whole)
    later = {"a": {**whole, "hours": NARROW}, "b": {**whole, "hours": NARROW}}

    met = await second_waits(
        two,
        edits(there, office, opening_hours=NARROW),
        lambda session: duties.edit_duty(
            session,
            UUID(duty["id"]),
            DutyPatch.model_validate(later),
            version=duty["version"],
            by=office,
            now=utc_now(),
        ),
    )
    kept = (await live_city.get(f"/v1/duties/{duty['id']}")).json()

    assert met is None
    assert (kept["version"], kept["uncovered_minutes"]) == (2, 0)


async def test_who_is_absent_while_venues_are_merged_is_absent_where_the_roster_is_then(
    live_city: httpx.AsyncClient, clerk: Header, two: Sessions, office: Actor
) -> None:
    first, second = await two_houses(live_city, clerk)
    duty = await _duty(live_city, clerk, second)
    asked = {"post": "a", "reason": "leave", "starts_at": at("09:00"), "ends_at": at("12:00")}

    met = await second_waits(
        two,
        await merges(live_city, clerk, first, office),
        lambda session: duties.substitute(
            session,
            UUID(duty["id"]),
            SubstitutionIn.model_validate(asked),
            by=office,
            now=utc_now(),
        ),
    )
    kept = (await live_city.get(f"/v1/duties/{duty['id']}")).json()

    assert met is None
    assert (kept["venue_id"], len(kept["substitutions"])) == (first["id"], 1)


async def test_a_booking_taken_away_while_venues_are_merged_is_found(
    live_city: httpx.AsyncClient, clerk: Header, two: Sessions, office: Actor
) -> None:
    first, second = [
        (await patched(live_city, clerk, "/v1/venues", each, {"opening_hours": ALWAYS})).json()
        for each in await two_houses(live_city, clerk)
    ]
    space = await room(live_city, clerk, second["id"])
    mine = await booked(live_city, clerk, wish(space, "09:00", "10:00"))

    met = await second_waits(
        two,
        await merges(live_city, clerk, first, office),
        lambda session: booking_steps.reject(
            session, UUID(mine["id"]), CancelReason.DISPLACED, by=office, now=utc_now()
        ),
    )

    assert met is None


async def test_a_grant_beside_a_move_of_its_venue_waits_in_no_ring(
    live_city: httpx.AsyncClient, clerk: Header, two: Sessions, office: Actor, head: Header
) -> None:
    there = await venue(live_city, clerk, floor_area_m2=200)
    new = await concession(live_city, head, venue_id=there["id"])

    moved, granted = await both_at_the_gate(
        two,
        select(tables.Venue.id).where(tables.Venue.id == there["id"]),
        edits(there, office, area_code="310101002002"),
        lambda session: concessions.move_concession(
            session,
            UUID(new["id"]),
            ConcessionMove(status=ConcessionStatus.GRANTED),
            version=new["version"],
            by=office,
            now=utc_now(),
        ),
    )

    assert moved is None
    assert granted is not None  # it lies elsewhere by now: to be read again
    assert granted.slug == "stale-version"


@pytest.mark.parametrize("what", ["calls", "operates"])
async def test_who_names_a_body_that_is_being_merged_waits_in_no_ring(
    what: str,
    live_city: httpx.AsyncClient,
    clerk: Header,
    two: Sessions,
    office: Actor,
    head: Header,
) -> None:
    """The merge goes on to the delegation and the venue that name the body: it is held first."""
    kept = await made(live_city, clerk, "/v1/organisations", BODY)
    gone = await made(live_city, clerk, "/v1/organisations", {**BODY, **TWIN})
    there = await venue(live_city, clerk, floor_area_m2=200, operator_id=gone["id"])
    only = power(there, organisation_ids=[gone["id"]])
    given = await made(live_city, head, "/v1/delegations", only)
    named = UUID(gone["id"])
    call = Called(amount_fen=1, organisation_id=named, note="请志愿服务队")
    run = ConcessionIn.model_validate({**WISH, "venue_id": there["id"], "operator_id": named})
    steps: dict[str, Step] = {
        "calls": lambda session: delegations.decide(
            session, UUID(given["id"]), call, by=office, now=utc_now()
        ),
        "operates": lambda session: concessions.add_concession(
            session, run, by=office, now=utc_now()
        ),
    }

    merged, refused = await both_at_the_gate(
        two,
        select(tables.Organisation.id).where(tables.Organisation.id == named),
        await merges(live_city, clerk, kept, office, "organisation"),
        steps[what],
    )

    assert merged is None
    assert refused is not None
    assert refused.slug == "unknown-reference"


async def test_offerings_are_locked_by_their_ids_whoever_writes_many(
    live_city: httpx.AsyncClient, clerk: Header, two: Sessions, office: Actor
) -> None:
    """The first of two offerings is held; whoever waits for it must not hold the second."""
    body = await street(live_city, clerk)
    there, twin = await two_houses(live_city, clerk)
    told = {"provider_id": body["id"], "responsible_department_id": body["id"]}
    told["venue_id"] = twin["id"]
    older, newer = [await draft(live_city, clerk, **told) for _ in range(2)]
    # Written again, the older row lies behind the newer one: a scan comes to it last.
    older = (await patched(live_city, clerk, "/v1/offerings", older, {"name": "老年餐"})).json()
    for each in (older, newer):
        assert (await move(live_city, clerk, each, "published")).is_success
    older = await _named(live_city, clerk, older["id"], "老年人助餐点")

    steps: dict[str, Step] = {
        "moves": edits(twin, office, name="别名"),
        "dissolves": lambda session: organisations.dissolve_organisation(
            session,
            UUID(body["id"]),
            Dissolution(on=utc_now().date(), reason="注销"),
            version=body["version"],
            by=office,
            now=utc_now(),
        ),
        "merges": await merges(live_city, clerk, there, office),
    }
    held = {name: await _holds(two, step, older["id"], newer["id"]) for name, step in steps.items()}

    assert held == dict.fromkeys(steps, False)


async def _holds(sessions: Sessions, step: Step, gate: str, other: str) -> bool:
    """Whether a step that waits for one offering holds another; it is rolled back."""
    o = tables.Offering

    async def run() -> None:
        async with sessions() as session:
            await step(session)
            await session.rollback()

    async with sessions.begin() as session:
        await session.execute(select(o.id).where(o.id == UUID(gate)).with_for_update())
        task = asyncio.create_task(run())
        await waiters(session, 1)
        async with sessions() as beside:
            wanted = select(o.id).where(o.id == UUID(other)).with_for_update(nowait=True)
            try:
                await beside.execute(wanted)
            except DBAPIError:
                is_held = True
            else:
                is_held = False
    await task
    return is_held


async def _named(
    client: httpx.AsyncClient, header: Header, offering_id: str, name: str
) -> dict[str, Any]:
    record = (await client.get(f"/v1/offerings/{offering_id}")).json()
    answer = await patched(client, header, "/v1/offerings", record, {"name": name})
    assert answer.is_success, answer.text
    written: dict[str, Any] = answer.json()
    return written


async def _duty(
    client: httpx.AsyncClient, header: Header, there: dict[str, Any], **more: Any
) -> dict[str, Any]:
    return await made(client, header, "/v1/duties", roster(there["id"], **more))
