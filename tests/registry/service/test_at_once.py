"""Two callers at once: what must hold across rows holds with two real connections."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.auth.roles import Role
from common.codes import credit_check_character
from common.contracts.registry.areas import AreaMemberIn
from common.contracts.registry.organisations import OrganisationIn
from common.contracts.registry.organisations import OrganisationKind as Kind
from registry import tables
from registry.domain.areas import AreaCycle
from registry.queries.editions import hold_still
from registry.usecases.area_members import add_member
from registry.usecases.edition_reading import read_list
from registry.usecases.edition_writing import Offer
from registry.usecases.editions import import_edition
from registry.usecases.organisations import BadOrganisation, add_organisation
from tests.registry.small_city import DIVISIONS, area, key, listing, upload

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def _statuses(answers: list[httpx.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


async def test_the_same_edition_twice_at_once_is_imported_once(
    live_client: httpx.AsyncClient, city: Header
) -> None:
    both = await asyncio.gather(*(upload(live_client, city, listing()) for _ in range(2)))

    assert _statuses(both) == [201, 201], [each.text for each in both]
    assert both[0].json() == both[1].json()
    found = (await live_client.get("/v1/areas", params={"limit": 200})).json()["items"]
    assert len(found) == len(DIVISIONS)


async def test_two_editions_of_one_day_at_once_leave_one_whole(
    live_city: httpx.AsyncClient, city: Header
) -> None:
    lists = [listing(f"31010100200{n},第{n}居委会,居委会,") for n in (4, 5)]

    both = await asyncio.gather(
        *(upload(live_city, city, each, name="2024", valid_from="2024-06-30") for each in lists)
    )

    assert _statuses(both) == [201, 409]
    found = (await live_city.get("/v1/areas", params={"limit": 200})).json()["items"]
    assert len(found) == len(DIVISIONS) + 1


async def test_one_credit_code_is_admitted_once(live_city: httpx.AsyncClient, city: Header) -> None:
    body = {
        "kind": "institution",
        "name": "某中心",
        "area_code": "310101000000",
        "credit_code": "12310101000000001P",
    }
    body["credit_code"] = body["credit_code"][:17] + credit_check_character(
        body["credit_code"][:17]
    )

    answers = await asyncio.gather(
        *(
            live_city.post("/v1/organisations", json=body, headers={**city, **key()})
            for _ in range(8)
        )
    )

    assert _statuses(answers) == [201] + [409] * 7


async def test_one_pair_is_tied_once_on_a_day(live_city: httpx.AsyncClient, city: Header) -> None:
    body = {"kind": "volunteer_group", "area_code": "310101000000"}
    one, other = [
        (
            await live_city.post(
                "/v1/organisations", json={**body, "name": name}, headers={**city, **key()}
            )
        ).json()["id"]
        for name in ("甲队", "乙队")
    ]
    tie = {"incubator_id": other, "valid_from": "2024-01-01"}

    answers = await asyncio.gather(
        *(
            live_city.post(
                f"/v1/organisations/{one}/incubations", json=tie, headers={**city, **key()}
            )
            for _ in range(6)
        ),
        *(
            live_city.post(
                f"/v1/organisations/{other}/incubations",
                json={**tie, "incubator_id": one},
                headers={**city, **key()},
            )
            for _ in range(6)
        ),
    )

    # Each direction is a tie of its own; neither deadlocks with the other.
    assert _statuses(answers[:6]) == [201] + [409] * 5
    assert _statuses(answers[6:]) == [201] + [409] * 5


async def test_an_area_holds_a_member_once_on_a_day(
    live_city: httpx.AsyncClient, city: Header
) -> None:
    home = await area(live_city, "310101002000")
    inner = await area(live_city, "310101002001")
    circle = await live_city.post(
        "/v1/areas",
        json={"kind": "catchment", "name": "圈", "parent_id": home["id"]},
        headers={**city, **key()},
    )
    address = f"/v1/areas/{circle.json()['id']}/members"

    answers = await asyncio.gather(
        *(
            live_city.post(address, json={"member_id": inner["id"]}, headers={**city, **key()})
            for _ in range(6)
        )
    )

    assert _statuses(answers) == [201] + [409] * 5


@asynccontextmanager
async def _four_grids(
    make: async_sessionmaker[AsyncSession],
) -> AsyncIterator[list[tables.Area]]:
    """A city, a town and four grids, written straight into the tables."""
    stamps: dict[str, Any] = {
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
        "created_by": "x",
        "updated_by": "x",
        "valid_from": NOW.date(),
        "search": [],
    }
    async with make.begin() as session:
        city = tables.Area(
            kind="city",
            level=1,
            code="310000000000",
            short_code="31",
            name="市",
            path_name="市",
            **stamps,
        )
        session.add(city)
        await session.flush()
        grids = [
            tables.Area(
                kind="grid",
                parent_id=city.id,
                short_code="31",
                name=n,
                path_name=f"市/{n}",
                **stamps,
            )
            for n in "甲乙丙丁"
        ]
        session.add_all(grids)
    yield grids


async def test_a_circle_of_four_is_not_closed_by_two_callers_who_share_no_area(
    two: async_sessionmaker[AsyncSession], actor: Callable[..., Actor]
) -> None:
    by = actor(Role.CITY_OFFICE, area="31")

    async def hold(session: AsyncSession, holder: tables.Area, member: tables.Area) -> None:
        body = AreaMemberIn(member_id=member.id)
        await add_member(session, holder.id, body, by=by, now=NOW)
        await session.flush()

    async with _four_grids(two) as (a, b, c, d):
        async with two.begin() as session:
            await hold(session, a, b)
            await hold(session, c, d)
        first = two()
        await first.begin()
        await hold(first, b, c)

        async def close() -> None:
            async with two.begin() as session:
                await hold(session, d, a)

        closing = asyncio.create_task(close())
        await asyncio.sleep(0.3)
        assert not closing.done()
        await first.commit()
        await first.close()

        with pytest.raises(AreaCycle):
            await closing
        async with two() as session:
            assert len(list(await session.scalars(select(tables.AreaMember)))) == 3


MERGED = listing(
    without=("310101002002",),
    instead={"310101002001": "310101002001,云中居委会,居委会,310101002002"},
)


async def _admit(make: Sessions, by: Actor, done: asyncio.Event, go: asyncio.Event) -> None:
    """Admit an organisation in 310101002002; `done` when written, committed when told to go."""
    body = OrganisationIn(name="某队", kind=Kind.VOLUNTEER_GROUP, area_code="310101002002")
    async with make.begin() as session:
        await add_organisation(session, body, by=by, now=NOW)
        done.set()
        await go.wait()


async def _merge(make: Sessions, by: Actor, done: asyncio.Event, go: asyncio.Event) -> None:
    """Import an edition that merges 310101002002 away; `done` and `go` as above."""
    offer = Offer("2024", date(2024, 6, 30), "test", "31")
    async with make.begin() as session:
        await import_edition(session, offer, read_list(BytesIO(MERGED.encode())), by=by, now=NOW)
        done.set()
        await go.wait()


@pytest.fixture
async def known_city(two: Sessions, actor: Callable[..., Actor]) -> Actor:
    by = actor(Role.CITY_OFFICE, area="31")
    async with two.begin() as session:
        rows = read_list(BytesIO(listing().encode()))
        offer = Offer("2023", date(2023, 6, 30), "test", "31")
        await import_edition(session, offer, rows, by=by, now=NOW)
    return by


async def test_an_edition_waits_for_a_record_that_was_put_into_an_ending_area(
    two: Sessions, known_city: Actor
) -> None:
    admitted, merged, go = asyncio.Event(), asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_admit(two, known_city, admitted, go))
        await admitted.wait()
        tasks.create_task(_merge(two, known_city, merged, go))
        await asyncio.sleep(0.3)
        assert not merged.is_set()
        go.set()

    async with two() as session:
        row = (await session.scalars(select(tables.Organisation))).one()
    assert row.area_code == "310101002001"


async def test_a_record_is_not_put_into_an_area_that_is_just_ending(
    two: Sessions, known_city: Actor
) -> None:
    admitted, merged, go = asyncio.Event(), asyncio.Event(), asyncio.Event()
    merging = asyncio.create_task(_merge(two, known_city, merged, go))
    await merged.wait()
    admitting = asyncio.create_task(_admit(two, known_city, admitted, go))
    await asyncio.sleep(0.3)
    assert not admitting.done()

    go.set()
    await merging

    with pytest.raises(BadOrganisation):
        await admitting
    assert not admitted.is_set()


async def test_an_edition_and_a_bulk_writer_wait_for_each_other(
    two: Sessions, known_city: Actor
) -> None:
    merged, go = asyncio.Event(), asyncio.Event()
    async with two.begin() as session:
        before = await hold_still(session)
        async with two.begin() as other:
            assert await hold_still(other) == before  # bulk writers do not block each other
        merging = asyncio.create_task(_merge(two, known_city, merged, go))
        await asyncio.sleep(0.3)
        assert not merged.is_set()

    go.set()
    await merging

    async with two.begin() as session:
        assert await hold_still(session) != before
