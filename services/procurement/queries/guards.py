"""What guards look at, all at once, and what they found."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_flags import Guard
from common.contracts.procurement_panels import AwardStatus
from common.contracts.vocabulary import PurchaseMethod
from common.ids import uuid7
from common.scope import by_area, under
from procurement import tables
from procurement.domain.guards.finding import Contest, Deal, Finding, Offer

C, T, F = tables.Contract, tables.Tender, tables.RedFlag
_DECIDED: Final = (AwardStatus.ACTIVE, AwardStatus.PENDING)


async def deals(session: AsyncSession) -> list[Deal]:
    """Every signed contract with its method and the lines of its cost statement."""
    costs: defaultdict[UUID, list[tuple[str, int]]] = defaultdict(list)
    k = tables.ContractCost
    for row in await session.execute(select(k.contract_id, k.name, k.amount_fen)):
        costs[row.contract_id].append((row.name, row.amount_fen))
    columns: tuple[Any, ...] = (
        *(C.id, C.tender_id, C.buyer_id, C.provider_id, C.area_code, C.category, T.method),
        *(C.value_fen, C.signed_at, C.places, C.service_days),
    )
    rows = await session.execute(
        select(*columns).join(T, T.id == C.tender_id).where(C.signed_at.is_not(None)).order_by(C.id)
    )
    return [
        Deal(
            id=row.id,
            tender_id=row.tender_id,
            buyer_id=row.buyer_id,
            provider_id=row.provider_id,
            area_code=row.area_code,
            category=row.category,
            method=PurchaseMethod(row.method),
            value_fen=row.value_fen,
            signed_on=city_day(row.signed_at),
            places=row.places,
            service_days=row.service_days,
            costs=tuple(costs.get(row.id, ())),
        )
        for row in rows
    ]


# Of a bidder with two offers the last one counts; what was not opened tells nothing.
_OFFERS: Final = text(
    "SELECT DISTINCT ON (tender_id, bidder_id) tender_id, bidder_id, price_fen,"
    " status = 'disqualified' AS is_disqualified FROM bid WHERE bidder_id IS NOT NULL"
    " AND superseded_at IS NULL AND withdrawn_at IS NULL"
    " ORDER BY tender_id, bidder_id, stage DESC"
)


async def contests(session: AsyncSession) -> list[Contest]:
    """Every purchase that was decided here, with the offers that were opened."""
    offers: defaultdict[UUID, list[Offer]] = defaultdict(list)
    for row in await session.execute(_OFFERS):
        offers[row.tender_id].append(Offer(row.bidder_id, row.price_fen, row.is_disqualified))
    winners: defaultdict[UUID, set[UUID]] = defaultdict(set)
    a = tables.Award
    won = select(a.tender_id, a.supplier_id).where(a.status.in_(_DECIDED))
    for row in await session.execute(won):
        winners[row.tender_id].add(row.supplier_id)
    first_end = func.coalesce(T.first_period_end_at, T.tender_period_end_at)
    columns: tuple[Any, ...] = (
        *(T.id, T.buyer_id, T.area_code, T.method, T.category),
        *(T.tender_period_start_at, first_end.label("first_end_at")),
    )
    rows = await session.execute(select(*columns).where(T.id.in_(winners)).order_by(T.id))
    return [
        Contest(
            id=row.id,
            buyer_id=row.buyer_id,
            area_code=row.area_code,
            method=PurchaseMethod(row.method),
            offers=tuple(offers.get(row.id, ())),
            winners=frozenset(winners[row.id]),
            category=row.category,
            days=_whole_days(row.tender_period_start_at, row.first_end_at),
        )
        for row in rows
    ]


def _whole_days(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else (end - start).days


_FOUND: Final = text(
    "INSERT INTO red_flag AS f (id, guard, subject_kind, subject, period, area_code, buyer_id,"
    " provider_id, rule, explanation_zh, explanation_en, measured, documents, found_at)"
    " SELECT t.*, :now FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS t (id uuid, guard text,"
    " subject_kind text, subject text, period text, area_code text, buyer_id uuid,"
    " provider_id uuid, rule text, explanation_zh text, explanation_en text, measured jsonb,"
    " documents jsonb)"
    " ON CONFLICT (guard, subject_kind, subject, period) DO UPDATE SET area_code ="
    " excluded.area_code, buyer_id = excluded.buyer_id, provider_id = excluded.provider_id,"
    " rule = excluded.rule, explanation_zh = excluded.explanation_zh, explanation_en ="
    " excluded.explanation_en, measured = excluded.measured, documents = excluded.documents,"
    " found_at = CASE WHEN f.cleared_at IS NULL THEN f.found_at ELSE excluded.found_at END,"
    " cleared_at = NULL"
)
_CLEARED: Final = text(
    "UPDATE red_flag f SET cleared_at = :now WHERE f.cleared_at IS NULL"
    " AND f.guard <> ALL(CAST(:unlooked AS text[])) AND NOT EXISTS (SELECT 1 FROM"
    " jsonb_to_recordset(CAST(:rows AS jsonb)) AS t (guard text, subject_kind text, subject text,"
    " period text) WHERE t.guard = f.guard AND t.subject_kind = f.subject_kind"
    " AND t.subject = f.subject AND t.period = f.period)"
)


async def keep(
    session: AsyncSession,
    findings: Iterable[Finding],
    *,
    unlooked: Iterable[Guard],
    now: datetime,
) -> None:
    """Keep what was found; clear what no longer holds, except where nobody looked."""
    once = {each.key: each for each in findings}
    rows = orjson.dumps([_row(each) for each in once.values()], default=str).decode()
    await session.execute(_FOUND, {"rows": rows, "now": now})
    values = {"rows": rows, "now": now, "unlooked": [each.value for each in unlooked]}
    await session.execute(_CLEARED, values)


def _row(found: Finding) -> Mapping[str, Any]:
    return {
        "id": uuid7(),
        "guard": found.guard,
        "subject_kind": found.subject_kind,
        "subject": found.subject,
        "period": found.period,
        "area_code": found.area_code,
        "buyer_id": found.buyer_id,
        "provider_id": found.provider_id,
        "rule": found.rule,
        "explanation_zh": found.explanation.zh,
        "explanation_en": found.explanation.en,
        "measured": found.measured,
        "documents": found.documents,
    }


@dataclass(frozen=True, slots=True)
class Filters:
    """Which flags are asked for."""

    guard: Guard | None = None
    area: str | None = None
    subject: str | None = None
    buyer_id: UUID | None = None
    provider_id: UUID | None = None
    is_cleared: bool = False


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: UUID | None, limit: int
) -> Sequence[tables.RedFlag]:
    """A page of the flags of the caller's area, oldest first; one more than `limit`."""
    statement = select(F).where(by_area(actor, F.area_code))
    for column, value in (
        (F.guard, filters.guard),
        (F.subject, filters.subject),
        (F.buyer_id, filters.buyer_id),
        (F.provider_id, filters.provider_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.area is not None:
        statement = statement.where(under(F.area_code, filters.area))
    cleared = F.cleared_at.is_not(None) if filters.is_cleared else F.cleared_at.is_(None)
    statement = statement.where(cleared)
    if after is not None:
        statement = statement.where(F.id > after)
    return (await session.scalars(statement.order_by(F.id).limit(limit + 1))).all()


async def last_run(session: AsyncSession) -> tables.GuardRun | None:
    """The last look over everything; None before the first."""
    r = tables.GuardRun
    found: tables.GuardRun | None = await session.scalar(select(r).order_by(r.id.desc()).limit(1))
    return found
