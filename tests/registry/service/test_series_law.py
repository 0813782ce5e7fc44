"""A law of series: whatever else happens to the rooms, a series is there whole or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from common.db import database
from deploy.local.environment import Urls
from registry.tables import Booking, BookingSeries, Occupancy
from tests.registry.rooms import book, hall, house, wish
from tests.registry.small_city import listing, upload

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
ROOMS = st.integers(0, 2)  # the hall, and the two rooms that it divides into
DAYS, HOURS = st.integers(1, 4), st.integers(9, 11)
SINGLES = st.fixed_dictionaries({"room": ROOMS, "day": DAYS, "hour": HOURS})
SERIES = st.fixed_dictionaries(
    {
        "room": ROOMS,
        "day": DAYS,
        "hour": HOURS,
        "every": st.sampled_from(["day", "week"]),
        "times": st.integers(2, 4),
        "on_clash": st.sampled_from(["fail", "skip"]),
        "who": st.sampled_from(["clerk", "resident"]),  # a resident's quota is three
        "is_sent_twice": st.booleans(),
    }
)
ROUNDS = st.lists(
    st.tuples(st.lists(SINGLES, max_size=2), st.lists(SERIES, min_size=1, max_size=2)),
    min_size=1,
    max_size=3,
)


class Rooms:
    """A hall and its rooms, and who books them."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        callers: Mapping[str, Header],
        rooms: tuple[dict[str, Any], ...],
    ) -> None:
        self.client, self.callers, self.rooms = client, callers, rooms

    @classmethod
    async def fresh(
        cls, client: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
    ) -> "Rooms":
        """A house and a resident of their own for every example."""
        venue = await house(client, clerk)
        resident = bearer(Role.RESIDENT, subject=f"resident-{uuid4()}")
        callers = {"clerk": clerk, "resident": resident}
        return cls(client, callers, await hall(client, clerk, venue["id"]))

    def cells(self, space_id: str) -> list[str]:
        """The rooms that a booking of a room or hall takes."""
        parts = next(each["parts"] for each in self.rooms if each["id"] == space_id)
        return sorted(parts or [space_id])

    async def single(self, room: int, day: int, hour: int) -> None:
        """One booking, had or not."""
        asked = wish(self.rooms[room], f"{hour:02}:00", f"{hour + 1:02}:00", day)
        answer = await book(self.client, self.callers["clerk"], asked)
        assert answer.status_code in {201, 409}, answer.text

    async def series(
        self, *, room: int, day: int, hour: int, who: str, is_sent_twice: bool, **terms: Any
    ) -> tuple[UUID, dict[str, Any] | None, Any]:
        """A series: its id, what the caller was told when it is there, and what was asked."""
        own = uuid4()
        first = wish(self.rooms[room], f"{hour:02}:00", f"{hour + 1:02}:30", day)
        body = {"first": first, **terms}
        answers = await asyncio.gather(
            *(
                self.client.put(f"/v1/booking-series/{own}", json=body, headers=self.callers[who])
                for _ in range(1 + is_sent_twice)
            )
        )
        codes = {answer.status_code for answer in answers}
        assert codes <= {200, 201} or codes == {409}, [answer.text for answer in answers]
        return own, None if codes == {409} else answers[0].json(), terms


async def stored(sessions: Sessions, series_id: UUID) -> tuple[int, dict[UUID, list[UUID]], int]:
    """How many series of an id there are, its bookings with the rooms they take, what it skips."""
    async with sessions() as session:
        row = await session.get(BookingSeries, series_id)
        ids = list(await session.scalars(select(Booking.id).where(Booking.series_id == series_id)))
        taken = select(Occupancy.holder_id, Occupancy.cell_id).where(Occupancy.holder_id.in_(ids))
        rooms: dict[UUID, list[UUID]] = {each: [] for each in ids}
        for holder, cell in await session.execute(taken):
            rooms[holder].append(cell)
    return int(row is not None), rooms, len(row.skipped) if row else 0


@pytest.fixture
async def known_city(live_client: httpx.AsyncClient, city: Header) -> httpx.AsyncClient:
    """A registry that answers several callers at once."""
    assert (await upload(live_client, city, listing())).status_code == 201
    return live_client


@pytest.fixture
async def sessions_of_it(fresh_database: Urls) -> AsyncIterator[Sessions]:
    """Sessions of its database."""
    async with database(fresh_database.app, pool_size=1, journal=False) as opened:
        yield opened.sessions


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rounds=ROUNDS)
async def test_a_series_is_there_whole_or_not_at_all(
    known_city: httpx.AsyncClient,
    clerk: Header,
    bearer: Callable[..., Header],
    sessions_of_it: Sessions,
    rounds: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]],
) -> None:
    rooms = await Rooms.fresh(known_city, clerk, bearer)
    for singles, wanted in rounds:
        _, *told = await asyncio.gather(
            asyncio.gather(*(rooms.single(**each) for each in singles)),
            *(rooms.series(**each) for each in wanted),
        )
        for series_id, answer, terms in told:
            count, held, skipped = await stored(sessions_of_it, series_id)

            assert count == (answer is not None)
            assert len(held) + skipped == (terms["times"] if answer else 0)
            assert skipped == 0 or terms["on_clash"] == "skip"
            if answer:
                cells = rooms.cells(answer["bookings"][0]["space_id"])
                assert {each["id"] for each in answer["bookings"]} == set(map(str, held))
                assert all(sorted(map(str, each)) == cells for each in held.values())
