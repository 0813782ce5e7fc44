"""What GeoReport asks of the database: public requests by page, their steps, places near a point.

What is handed over, or may have to be, is nobody else's business and is not listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, Row, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feeds import Kind
from common.contracts.registry.dictionaries import Dictionary
from feedback.queries.cases import PROCESSED_HERE
from feedback.tables import Case, CaseStep, Mirrored

C, M, CS = Case, Mirrored, CaseStep
_NEAR_DEG: Final = 0.02  # about two kilometres
_FURTHEST: Final = 1_000
_STEPS: Final = (*(CS.case_id, CS.seq, CS.at, CS.status, C.number),)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are asked for. Numbers override everything else."""

    numbers: Sequence[str] = ()
    codes: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    is_open: bool | None = None


async def requests(
    session: AsyncSession, wanted: Wanted, *, offset: int, limit: int
) -> Sequence[Case]:
    """A page of requests, the newest first."""
    statement = select(C).where(PROCESSED_HERE, *_conditions(wanted))
    statement = statement.order_by(C.received_at.desc(), C.id.desc()).offset(offset).limit(limit)
    return (await session.scalars(statement)).all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    if wanted.numbers:
        return [C.number.in_(wanted.numbers)]
    found: list[ColumnElement[bool]] = []
    if wanted.codes:
        found.append(C.category.in_(wanted.codes))
    if wanted.since is not None:
        found.append(C.received_at >= wanted.since)
    if wanted.until is not None:
        found.append(C.received_at <= wanted.until)
    if wanted.is_open is not None:
        found.append(C.closed_at.is_(None) if wanted.is_open else C.closed_at.is_not(None))
    return found


async def updates(
    session: AsyncSession,
    numbers: Sequence[str],
    since: datetime,
    until: datetime,
    *,
    offset: int,
    limit: int,
) -> Sequence[Row[Any, Any, Any, Any, Any]]:
    """Steps of public requests in the order in which they happened."""
    statement = (
        select(*_STEPS)
        .join(C, C.id == CS.case_id)
        .where(PROCESSED_HERE, CS.at >= since, CS.at <= until)
        .order_by(CS.at, CS.case_id, CS.seq)
        .offset(offset)
        .limit(limit)
    )
    if numbers:
        statement = statement.where(C.number.in_(numbers))
    return (await session.execute(statement)).all()


async def categories(session: AsyncSession) -> Sequence[dict[str, Any]]:
    """The categories of services, in their order."""
    statement = select(M.state).where(
        M.kind == Kind.DICTIONARY_ENTRY.value,
        M.state["dictionary"].astext == Dictionary.SERVICE_CATEGORY.value,
        M.state["valid_to"].astext.is_(None),
    )
    found = (await session.scalars(statement)).all()
    return sorted(found, key=lambda each: (each["sort"], each["code"]))


async def bodies(session: AsyncSession, rows: Sequence[Case]) -> dict[Any, str]:
    """The names of the bodies of some requests."""
    ids = {row.responsible_body_id for row in rows if row.responsible_body_id is not None}
    statement = select(M.record_id, M.state["name"].astext).where(
        M.kind == Kind.ORGANISATION.value, M.record_id.in_(ids)
    )
    found = await session.execute(statement)
    return {record_id: name for record_id, name in found.all() if name}


async def named_in(session: AsyncSession, address: str) -> Sequence[str]:
    """The codes of districts, towns and neighbourhoods whose whole name stands in an address."""
    statement = select(M.area_code).where(
        M.kind == Kind.AREA.value,
        M.state["valid_to"].astext.is_(None),
        M.state["level"].astext.in_(("2", "3", "4")),
        func.strpos(address, M.state["name"].astext) > 0,
        M.area_code.is_not(None),
    )
    return [str(code) for code in await session.scalars(statement)]


async def near(
    session: AsyncSession, lon: float, lat: float
) -> Sequence[Row[str | None, float, float]]:
    """Venues and neighbourhoods with a point near another one: their areas and points."""
    found_lat = cast(M.state["lat"].astext, Float)
    found_lon = cast(M.state["lon"].astext, Float)
    statement = (
        select(M.area_code, found_lon, found_lat)
        .where(
            M.kind.in_((Kind.VENUE.value, Kind.AREA.value)),
            found_lat.between(lat - _NEAR_DEG, lat + _NEAR_DEG),
            found_lon.between(lon - _NEAR_DEG, lon + _NEAR_DEG),
        )
        .limit(_FURTHEST)
    )
    return (await session.execute(statement)).all()
