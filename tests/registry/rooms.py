"""Rooms of a venue of the small city, and bookings of them, through the public API."""

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import CITY_ZONE, city_day, utc_now
from tests.registry.inventory import made, venue

Header = dict[str, str]
ALWAYS: dict[str, Any] = {
    "weekly": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "08:00", "closes": "22:00"}],
    "on_holiday": "own_hours",
    "holiday_hours": [{"opens": "08:00", "closes": "22:00"}],
    "makeup_as_weekday": 1,
}
ROOM: dict[str, Any] = {"name": "演示数据 活动室", "capacity": 30}


def day_after(days: int = 1) -> date:
    """A day so many days ahead."""
    return city_day(utc_now()) + timedelta(days=days)


def at(clock: str, days: int = 1) -> str:
    """An instant of a day ahead, by the city's clock."""
    moment = datetime.combine(day_after(days), time.fromisoformat(clock), CITY_ZONE)
    return moment.isoformat()


def wish(space: dict[str, Any], start: str, end: str, days: int = 1, **more: Any) -> dict[str, Any]:
    """A booking of a room for an hour or two."""
    asked = {"starts_at": at(start, days), "ends_at": at(end, days), "persons": 10}
    return {"space_id": space["id"], "purpose": "activity", **asked, **more}


async def house(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    """A venue that is open every day."""
    return await venue(client, header, opening_hours=ALWAYS, **more)


async def room(
    client: httpx.AsyncClient, header: Header, venue_id: str, **more: Any
) -> dict[str, Any]:
    """A room of a venue."""
    return await made(client, header, "/v1/spaces", {**ROOM, "venue_id": venue_id, **more})


async def hall(
    client: httpx.AsyncClient, header: Header, venue_id: str, **more: Any
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A hall that divides into two rooms, and the two."""
    left = await room(client, header, venue_id, name="演示数据 厅A")
    right = await room(client, header, venue_id, name="演示数据 厅B")
    parts = [left["id"], right["id"]]
    whole = await room(client, header, venue_id, name="演示数据 大厅", parts=parts, **more)
    return whole, left, right


async def book(
    client: httpx.AsyncClient, header: Header, asked: dict[str, Any], booking_id: str = ""
) -> httpx.Response:
    """A booking under an id of the caller's own."""
    address = f"/v1/bookings/{booking_id or uuid4()}"
    return await client.put(address, json=asked, headers=header)


async def booked(
    client: httpx.AsyncClient, header: Header, asked: dict[str, Any], booking_id: str = ""
) -> dict[str, Any]:
    """A new booking; the answer must be 201."""
    answer = await book(client, header, asked, booking_id)
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()
    return record


def roster(venue_id: str, days: int = 30, **more: Any) -> dict[str, Any]:
    """A roster from today on: A stands as the venue is open, B on weekdays."""
    week = [{"weekdays": [1, 2, 3, 4, 5], "opens": "08:00", "closes": "22:00"}]
    return {
        "venue_id": venue_id,
        "valid_from": str(day_after(0)),
        "valid_to": str(day_after(days)),
        "a": {"title": "站长", "phone": "021-63210001"},
        "b": {"title": "值班社工", "phone": "021-63210002", "hours": {"weekly": week}},
        **more,
    }


async def waiters(session: AsyncSession, count: int) -> None:
    """Wait until so many in this database wait for a lock."""
    waiting = text(
        "SELECT count(DISTINCT w.pid) FROM pg_locks w JOIN pg_locks o ON o.pid = w.pid"
        " JOIN pg_database d ON d.oid = o.database AND d.datname = current_database()"
        " WHERE NOT w.granted"
    )
    async with asyncio.timeout(30):
        while (await session.scalar(waiting) or 0) < count:
            await asyncio.sleep(0.02)
