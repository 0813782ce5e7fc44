"""Two at once where something ends or is corrected: the second hears of the first."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.registry.bookings import Attendance
from common.contracts.registry.burdens import Ended, TaskIn
from registry.usecases import booking_steps, burdens
from tests.registry.inventory import made, street
from tests.registry.rooms import booked, day_after, house, room, wish
from tests.registry.service.test_burdens import DAYS, ENTRY, TOWN
from tests.registry.service.test_offerings_at_once import second_waits

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
def office(actor: Callable[..., Actor]) -> Actor:
    return actor(Role.CITY_OFFICE, area="31", line="*")


async def test_no_task_is_registered_under_an_entry_that_is_taken_off_the_list(
    live_city: httpx.AsyncClient, city: Header, two: Sessions, office: Actor
) -> None:
    entry = await made(
        live_city, city, "/v1/burden/admitted", {**ENTRY, "area_code": "310101000000"}
    )
    body = await street(live_city, city)
    task = {"admitted_id": entry["id"], "department_id": body["id"], "title": "走访"}
    task |= {"area_code": TOWN, "hours_a_month": 20, **DAYS}

    met = await second_waits(
        two,
        lambda session: burdens.end_admitted(
            session,
            UUID(entry["id"]),
            Ended(valid_to=day_after(1), reason="事项取消"),
            by=office,
            now=utc_now(),
        ),
        lambda session: burdens.register(
            session, TaskIn.model_validate(task), by=office, now=utc_now()
        ),
    )

    assert met is not None
    assert met.slug == "not-on-the-list"


async def test_what_came_of_a_booking_is_corrected_once_by_one_of_two(
    live_city: httpx.AsyncClient, clerk: Header, two: Sessions, office: Actor
) -> None:
    there = await house(live_city, clerk)
    record = await booked(
        live_city, clerk, wish(await room(live_city, clerk, there["id"]), "09:00", "10:00")
    )
    now = utc_now() + timedelta(days=2)

    def attends(said: dict[str, Any]) -> Callable[[AsyncSession], Any]:
        return lambda session: booking_steps.attend(
            session, UUID(record["id"]), Attendance.model_validate(said), by=office, now=now
        )

    async with two.begin() as session:
        await attends({"is_used": False})(session)
    met = await second_waits(
        two,
        attends({"is_used": True, "reason": "登记有误"}),
        attends({"is_used": False, "reason": "再改"}),
    )
    async with two() as session:
        kept = text("SELECT status, correction_reason FROM booking")
        rows = [tuple(row) for row in await session.execute(kept)]

    assert met is not None
    assert met.slug == "attendance-corrected"
    assert rows == [("used", "登记有误")]
