"""Organisations as the registry's feed tells them, and evidence as sources tell it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import mirrors
from common.clock import utc_now
from common.contracts.feeds import Kind
from common.contracts.procurement_ratings import EvidenceSource
from common.contracts.vocabulary import RatingDimension
from procurement import tables
from procurement.domain.evidence import Told
from procurement.domain.relations import Bond, TieKind
from procurement.queries.evidence import Cell
from tests.procurement.cases import PROVIDER

Sessions = async_sessionmaker[AsyncSession]
SUPPLIER = UUID(PROVIDER)
STREET = UUID("01900000-0000-7000-8000-00000000a001")
DISTRICT = UUID("01900000-0000-7000-8000-00000000a002")
CENTRE = UUID("01900000-0000-7000-8000-00000000a003")
STRANGER = UUID("01900000-0000-7000-8000-00000000a004")
CELL = Cell(SUPPLIER, "meal_service", "overall")


def organisation(organisation_id: UUID, **more: Any) -> dict[str, Any]:
    """An organisation's state in the registry's feed."""
    return {
        "id": str(organisation_id),
        "code": None,
        "name": f"演示 {str(organisation_id)[-4:]}",
        "short_name": None,
        "kind": "private_non_enterprise",
        "platform_kind": None,
        "credit_code": "52310101MJ49000004",
        "filing_number": None,
        "filed_with_id": None,
        "evaluation_grade": None,
        "grade_valid_from": None,
        "grade_valid_to": None,
        "supervisor_id": None,
        "area_id": str(uuid4()),
        "area_code": "310101002000",
        "area_path": "上海市 / 黄浦区 / 南京东路街道",
        "line": None,
        "address": None,
        "phone": None,
        "status": "active",
        "dissolved_on": None,
        "version": 1,
        "updated_at": "2026-01-05T01:00:00Z",
        "incubated_by": [],
        "incubates": [],
        "residencies": [],
        **more,
    }


def incubated(by: UUID, valid_from: str, valid_to: str | None = None) -> dict[str, Any]:
    """A tie as an organisation's state carries it; the end is exclusive."""
    return {
        "id": str(uuid4()),
        "incubator_id": str(by),
        "incubator_name": "演示孵化机构",
        "incubated_id": str(SUPPLIER),
        "incubated_name": "演示承接者",
        "valid_from": valid_from,
        "valid_to": valid_to,
    }


async def mirrored(sessions: Sessions, *states: dict[str, Any]) -> None:
    """The registry's feed has told of these organisations."""
    async with sessions.begin() as session:
        await mirrors.put(session, Kind.ORGANISATION, orjson.dumps(list(states)).decode())


def bond(to: UUID, *, kind: TieKind = TieKind.INCUBATOR, **days: date | None) -> Bond:
    """A tie of the supplier."""
    period = {"from_on": date(2022, 1, 1), "to_on": None, **days}
    return Bond(SUPPLIER, to, kind, **period)  # type: ignore[arg-type]


def told(level: int = 5, **more: Any) -> Told:
    """One rating of the supplier by a resident, under a contract of a street."""
    parts: dict[str, Any] = {
        "source": EvidenceSource.RATING,
        "source_id": uuid4(),
        "provider_id": SUPPLIER,
        "category": "meal_service",
        "levels": {RatingDimension.OVERALL: level},
        "happened_on": date(2026, 2, 20),
        "buyer_id": STREET,
        **more,
    }
    return Told(**parts)


async def standing_evidence(sessions: Sessions) -> list[tables.Evidence]:
    """The evidence that stands now."""
    e = tables.Evidence
    async with sessions() as session:
        found = await session.scalars(select(e).where(e.known_to.is_(None)).order_by(e.source_id))
        return [*found]


async def due_cells(sessions: Sessions) -> list[Cell]:
    """What waits to be computed, told once or many times."""
    d = tables.RatingDue
    async with sessions() as session:
        rows = await session.execute(select(d.provider_id, d.category, d.dimension).order_by(d.id))
        return [Cell(*row) for row in rows]


def made(now: datetime) -> dict[str, Any]:
    """Who made a row, and when."""
    return {
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "created_by": "test",
        "updated_by": "test",
    }


def provider_row(now: datetime, provider_id: UUID = SUPPLIER) -> tables.Provider:
    """A provider's file."""
    return tables.Provider(
        id=provider_id,
        name="演示承接者",
        kind="private_non_enterprise",
        area_code="310101002000",
        categories=["meal_service"],
        is_small_enterprise=False,
        admitted_on=date(2025, 1, 1),
        **made(now),
    )


async def excluded(sessions: Sessions, provider_id: str, *, from_on: date) -> None:
    """A provider on file that a decision keeps out, without an end."""
    now = utc_now()
    async with sessions.begin() as session:
        session.add(provider_row(now, UUID(provider_id)))
        await session.flush()
        session.add(
            tables.Exclusion(
                provider_id=UUID(provider_id),
                reason="bribery",
                document="演示财罚〔2026〕1号",
                from_on=from_on,
                to_on=None,
                **made(now),
            )
        )
