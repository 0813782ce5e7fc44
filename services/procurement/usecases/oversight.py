"""What is written down about a contract: assistance beyond its quota, visits, failures."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_contracts import ExcessRule
from common.contracts.procurement_performance import (
    AssistanceIn,
    AssistanceOutcome,
    EvaluationIn,
    FailureCategory,
    FailureIn,
)
from common.contracts.procurement_ratings import EvidenceSource
from common.contracts.vocabulary import RatingDimension
from common.ids import uuid7
from common.records import name_of
from procurement import tables
from procurement.domain import performance as rules
from procurement.domain.evidence import Told
from procurement.queries import performance as queries
from procurement.usecases import evidence, judging
from procurement.usecases.under_way import changed, taken_up

GRAVEST: Final = frozenset(
    {FailureCategory.FALSE_RECORD, FailureCategory.TRANSFERRED, FailureCategory.SAFETY}
)


async def log_assistance(
    session: AsyncSession, contract_id: UUID, said: AssistanceIn, *, by: Actor, now: datetime
) -> tables.Assistance:
    """Log administrative assistance; beyond the quota it is refused, or has its price."""
    contract = await taken_up(session, contract_id, by=by)
    by.must_act_for(contract.provider_id)
    found = rules.assisted(
        contract.administrative_hours_used,
        contract.administrative_hours_max,
        said.hours,
        ExcessRule(contract.excess),
        contract.hour_fen,
        refuses=said.is_refused,
    )
    given = said.hours
    if found.outcome is AssistanceOutcome.REFUSED:
        given -= found.excess_hours
    contract.administrative_hours_used += given
    row = tables.Assistance(
        contract_id=contract_id,
        id=uuid7(),
        **said.model_dump(exclude={"is_refused"}),
        excess_hours=found.excess_hours,
        outcome=found.outcome,
        price_fen=found.price_fen,
        logged_at=now,
        logged_by=name_of(by),
    )
    session.add(row)
    await changed(session, contract, "assist", by=by, now=now, hours=said.hours)
    return row


async def log_evaluation(
    session: AsyncSession, contract_id: UUID, said: EvaluationIn, *, by: Actor, now: datetime
) -> tuple[tables.Evaluation, int]:
    """Log an evaluation with its visit. Raises `VisitsUsedUp` when the year has none left."""
    contract = await taken_up(session, contract_id, by=by)
    by.must_cover(contract.area_code)
    assert contract.signed_at is not None  # noqa: S101 - under way, so signed
    rules.check_day(said.on, city_day(contract.signed_at), city_day(now))
    if said.visit_id is not None:
        visit = await queries.visit(session, contract_id, said.visit_id)
        rules.check_sharing(said.on, await queries.visited_on(session, visit))
    else:
        number = await queries.visits_of(session, contract_id, said.on.year) + 1
        most = contract.evaluations_per_year or 0
        if number > most:
            raise rules.VisitsUsedUp
        visit = tables.Visit(
            contract_id=contract_id, id=uuid7(), year=said.on.year, number=number, most=most
        )
        session.add(visit)
        await session.flush()
    row = tables.Evaluation(
        contract_id=contract_id,
        id=uuid7(),
        visit_id=visit.id,
        **said.model_dump(exclude={"visit_id"}),
    )
    session.add(row)
    await changed(session, contract, "evaluate", by=by, now=now, visit=visit.number)
    return row, visit.number


async def find_failure(
    session: AsyncSession, contract_id: UUID, said: FailureIn, *, by: Actor, now: datetime
) -> tables.Failure:
    """Put a performance failure on record; it is published, and evidence after the reply."""
    contract = await taken_up(session, contract_id, by=by)
    by.must_cover(contract.area_code)
    rules.check_failure(said.from_on, said.to_on, city_day(now))
    row = tables.Failure(
        contract_id=contract_id,
        id=uuid7(),
        **said.model_dump(),
        found_at=now,
        found_by=name_of(by),
    )
    session.add(row)
    judging.keep(session, row.id, contract.provider_id, by=by, now=now)
    await changed(session, contract, "failure", by=by, now=now, category=said.category)
    level = 1 if said.category in GRAVEST else 2
    told = Told(
        source=EvidenceSource.VIOLATION,
        source_id=row.id,
        provider_id=contract.provider_id,
        category=contract.category,
        levels={RatingDimension.OVERALL: level},
        happened_on=said.to_on,
        buyer_id=contract.buyer_id,
        contract_id=contract.id,
        document=said.document,
    )
    await evidence.record(session, [told], now=now)
    return row
