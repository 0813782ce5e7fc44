"""The hot questions about cases use their indexes: plans at 20,000 cases with fresh statistics."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Select, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.contracts.feedback import CaseStatus
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from common.db import driver_url
from deploy.local.environment import Secrets
from feedback import tables
from feedback.queries import cases, duplicates
from tests.feedback.crowd import case_row
from tests.harness import Databases

NOW = datetime(2026, 3, 10, 1, tzinfo=UTC)
CASES, FEW_ROWS = 20_000, 800


def staff(role: Role, area: str, line: str) -> Actor:
    return Actor("test", "test", ActorKind.STAFF, frozenset({role}), area=area, line=line)


CLERK = staff(Role.CLERK, "310101002", "civil_affairs")
CITY = staff(Role.CITY_OFFICE, "31", "*")
RESIDENT = Actor(
    "test", "r", ActorKind.RESIDENT, frozenset({Role.RESIDENT}), veil=lambda _: "resident-7"
)


@pytest.fixture(scope="module")
async def crowded(databases: Databases, secrets: Secrets) -> AsyncIterator[AsyncConnection]:
    """Cases of 100 towns, nine of ten ended, one of a hundred overdue."""
    keys = Keys.of(KeyRing.from_directory(secrets.keys))
    with databases.fresh("feedback") as urls:
        engine = create_async_engine(driver_url(urls.owner))
        async with engine.begin() as connection:
            rows = [_row(number, case_row(keys, NOW)) for number in range(CASES)]
            for start in range(0, CASES, 500):
                await connection.execute(insert(tables.Case), rows[start : start + 500])
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE case_order"))
            yield connection
        await engine.dispose()


def _row(number: int, row: dict[str, Any]) -> dict[str, Any]:
    ended, overdue = number % 10 != 0, number % 100 == 0
    return row | {
        "area_code": f"310101{number % 100 + 1:03d}{number % 30 + 1:03d}",
        "line": ("civil_affairs", "culture", "health")[number % 3],
        "resident": f"resident-{number % 500}",
        "cell": number % 4_000,
        "lon": 121.4,
        "lat": 31.2,
        "status": "confirmed" if ended else "accepted",
        "closed_at": NOW if ended else None,
        "escalation_level": 1 if overdue else 0,
        "boundary": "petition" if number % 200 == 1 else None,
        "is_send_back_asked": number % 200 == 2,
        "escalates_at": None if ended else NOW + timedelta(days=1 + number % 9),
    }


def listed(actor: Actor, **filters: Any) -> Select[Any]:
    return cases.listing(actor, cases.Filters(**filters), after=None, limit=20)


HOT: dict[str, Select[Any]] = {
    "a clerk's cases": listed(CLERK),
    "a clerk's open cases": listed(CLERK, is_open=True),
    "the city's overdue cases": listed(CITY, is_overdue=True),
    "the city's rare states": listed(CITY, status=CaseStatus.PAUSED),
    "what the city has to decide": listed(CITY, is_undecided=True),
    "what the city is asked to send back": listed(CITY, is_send_back_asked=True),
    "a number": listed(CITY, number="T-1"),
    "a resident's own": listed(RESIDENT),
    "likely duplicates": select(tables.Case.id)
    .where(tables.Case.cell.in_(range(9)))
    .order_by(tables.Case.id.desc())
    .limit(duplicates.MOST),
    "what goes up": select(tables.Case.id)
    .where(tables.Case.escalates_at <= NOW)
    .order_by(tables.Case.escalates_at)
    .limit(500),
}


@pytest.mark.parametrize("name", HOT)
async def test_a_hot_question_reads_few_rows_by_an_index(
    crowded: AsyncConnection, name: str
) -> None:
    compiled = HOT[name].compile(crowded.sync_connection, compile_kwargs={"literal_binds": True})
    found = await crowded.scalar(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}"))
    plan = (orjson.loads(found) if isinstance(found, str) else found)[0]["Plan"]

    assert _rows_read(plan) <= FEW_ROWS
    assert not any(node["Node Type"] == "Seq Scan" for node in _nodes(plan))


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in _nodes(part))]


def _rows_read(plan: dict[str, Any]) -> int:
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in _nodes(plan)
        if "Scan" in node["Node Type"]
    )
