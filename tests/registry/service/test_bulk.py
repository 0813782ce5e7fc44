"""Bulk writes by external code: counts, types, scope, and two imports at once."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.db import database
from common.text import tokens
from registry import tables
from registry.queries import bulk, organisations
from tests.harness import Urls

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 1, 30, tzinfo=UTC)
Sessions = async_sessionmaker[AsyncSession]


async def _city(session: AsyncSession) -> UUID:
    city = tables.Area(
        kind="city",
        level=1,
        code="310000000000",
        short_code="31",
        name="上海市",
        path_name="上海市",
        valid_from=date(2023, 6, 30),
        search=[],
        version=1,
        created_at=NOW,
        updated_at=NOW,
        created_by="x",
        updated_by="x",
    )
    session.add(city)
    await session.flush()
    return city.id


def _row(area_id: UUID, code: str, **values: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(organisations.SHOWN)
    for name in ("id", "version", "updated_at"):
        del row[name]
    return row | {
        "code": code,
        "name": f"机构{code}",
        "kind": "volunteer_group",
        "status": "active",
        "area_id": area_id,
        "area_code": "310101002001",
        **values,
    }


async def upsert(
    session: AsyncSession,
    rows: list[dict[str, Any]],
    *,
    by: str,
    now: datetime,
    scope: str | None = None,
) -> bulk.Outcome:
    filled = [{**row, "search": tokens(row["name"])} for row in rows]
    table = tables.Organisation
    return await bulk.upsert(session, table, filled, key=("code",), by=by, now=now, guard=scope)


async def test_rows_are_inserted_then_updated_then_left_alone(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        home = await _city(session)
        rows = [_row(home, code) for code in ("A", "B", "C")]

        first = await upsert(session, rows, by="clerk", now=NOW)
        rows[1] = _row(home, "B", name="新名", phone=None)
        second = await upsert(session, rows, by="other", now=LATER)

        assert (len(first.inserted), first.updated, first.unchanged) == (3, [], 0)
        assert (second.inserted, len(second.updated), second.unchanged) == ([], 1, 2)
        found = {row.code: row for row in await session.scalars(select(tables.Organisation))}
        assert (found["B"].name, found["B"].version, found["B"].updated_by) == ("新名", 2, "other")
        assert (found["B"].created_by, found["A"].version) == ("clerk", 1)
        assert second.updated == [found["B"].id]


async def test_a_new_name_is_found_by_its_words(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        home = await _city(session)
        await upsert(session, [_row(home, "A", name="助餐")], by="x", now=NOW)
        await upsert(session, [_row(home, "A", name="托育")], by="x", now=NOW)

        found = [
            len(
                await organisations.page(
                    session, organisations.Filters(words=word), after=None, limit=5
                )
            )
            for word in ("助餐", "托育")
        ]

    assert found == [0, 1]


async def test_rows_outside_the_scope_are_left_alone(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        home = await _city(session)
        await upsert(session, [_row(home, "A")], by="x", now=NOW)

        outcome = await upsert(
            session, [_row(home, "A", name="夺取")], by="y", now=NOW, scope="310105"
        )

        assert (outcome.updated, outcome.unchanged) == ([], 1)


STRANGE = "引号' \" 反斜\\杠 {花括号} 逗号,换\n行 $1 :x %s"


async def test_every_type_of_column_survives(sessions: Sessions) -> None:
    values: dict[str, Any] = {
        "code": "V",
        "name": STRANGE,
        "kind": "library",
        "area_code": "310101002001",
        "address": None,
        "lon": 121.5,
        "lat": 31.2,
        "coord_source": "gcj02",
        "place": (1.25, 2.5),
        "operator_mode": None,
        "owner_id": None,
        "operator_id": None,
        "floor_area_m2": 12.5,
        "phone": None,
        "accessibility": ["ramp", "lift"],
        "status": "active",
        "hours": {"weekly": [{"note": STRANGE}]},
        "open_minutes": [Range(480, 690), Range(780, 1020)],
        "exception_days": [date(2026, 5, 1), date(2026, 10, 1)],
        "exception_minutes": [],
        "search": ["图书", "py:tushu"],
    }
    async with sessions.begin() as session:
        row = {**values, "area_id": await _city(session)}
        await bulk.upsert(session, tables.Venue, [row], key=("code",), by="x", now=NOW)
        again = await bulk.upsert(session, tables.Venue, [row], key=("code",), by="x", now=NOW)
        stored = (await session.scalars(select(tables.Venue))).one()

        assert again.unchanged == 1
        for name, value in values.items():
            if name not in {"search", "place", "open_minutes", "exception_minutes"}:
                assert getattr(stored, name) == value, name
        assert tuple(stored.place) == (1.25, 2.5)
        assert stored.open_minutes is not None
        assert [(r.lower, r.upper) for r in stored.open_minutes] == [(480, 690), (780, 1020)]
        words = await session.scalar(text("SELECT CAST(search AS text) FROM venue"))
        assert words == "'py:tushu' '图书'"


async def test_nothing_is_nothing(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        outcome = await bulk.upsert(session, tables.Venue, [], key=("code",), by="x", now=NOW)

    assert outcome.touched == []


async def test_two_imports_of_the_same_codes_in_other_orders_do_not_block_each_other(
    fresh_database: Urls,
) -> None:
    async with database(fresh_database.app, pool_size=4) as opened:
        async with opened.sessions.begin() as session:
            home = await _city(session)
        rows = [_row(home, f"{n:04}") for n in range(600)]

        async def run(order: list[dict[str, Any]], name: str) -> bulk.Outcome:
            named = [{**row, "name": name} for row in order]
            async with opened.sessions.begin() as session:
                return await upsert(session, named, by=name, now=NOW)

        outcomes = await asyncio.gather(
            *(run(rows if n % 2 else rows[::-1], f"第{n}批") for n in range(6))
        )

    assert sum(len(outcome.inserted) for outcome in outcomes) == 600
    assert all(len(outcome.touched) == 600 for outcome in outcomes)


async def test_a_row_without_a_fitting_area_stops_the_whole_batch(sessions: Sessions) -> None:
    async with sessions() as session:
        await session.begin()
        home = await _city(session)
        rows = [_row(home, "A"), _row(uuid4(), "B")]
        with pytest.raises(Exception, match="fk_organisation_area_id_area"):
            await upsert(session, rows, by="x", now=NOW)
