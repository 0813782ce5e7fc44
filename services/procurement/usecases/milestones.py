"""Milestones: reported by the provider, accepted with the users' opinions, told as evidence."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_performance import (
    AcceptanceIn,
    MilestoneStatus,
    ReportIn,
)
from common.contracts.procurement_ratings import EvidenceSource
from common.contracts.vocabulary import RatingDimension
from common.records import name_of
from common.rules import RulesInForce
from common.rules_table import rule_table
from procurement import tables
from procurement.domain import performance as rules
from procurement.domain.evidence import Told, of_milestone
from procurement.queries import performance as queries
from procurement.queries import ratings
from procurement.usecases import evidence, judging
from procurement.usecases.under_way import changed, taken_up

OPINIONS: Final = "reg.45.user_acceptance"
USE_FOR_DEPTH, SAMPLE = "rating.use.acceptance_depth", "acceptance.sample_level"
GRACE: Final = "acceptance.milestone_grace"


async def report(
    session: AsyncSession,
    contract_id: UUID,
    number: int,
    said: ReportIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Milestone:
    """Say as the provider what was done; until the acceptance it may be said anew."""
    contract = await taken_up(session, contract_id, by=by, version=version)
    by.must_act_for(contract.provider_id)
    row = await queries.milestone(session, contract_id, number)
    if row.status != MilestoneStatus.SCHEDULED:
        raise rules.MilestoneNotReady(current=row.status)
    row.reported_at, row.report = now, said.text
    row.reported_days, row.people_served = said.service_days, said.people_served
    await changed(session, contract, "report", by=by, now=now, milestone=number)
    return row


async def accept(
    session: AsyncSession,
    contract_id: UUID,
    number: int,
    said: AcceptanceIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Milestone:
    """Accept or refuse what was reported. Raises `NoOpinions` when no user was heard."""
    contract = await taken_up(session, contract_id, by=by, version=version)
    by.must_cover(contract.area_code)
    row = await queries.milestone(session, contract_id, number)
    in_force = (await rule_table(session)).at(city_day(now), contract.area_code)
    due = rules.Due(
        MilestoneStatus(row.status), row.reported_at is not None, row.pay_fen, row.service_days
    )
    rules.check_acceptance(due, said, in_force.rule(OPINIONS))
    level = await ratings.level_of(session, contract.provider_id, contract.category)
    depth = rules.depth(level, in_force.rule(USE_FOR_DEPTH), in_force.rule(SAMPLE))

    row.status = rules.STATUS_OF[said.verdict]
    row.accepted_at, row.accepted_by = now, name_of(by)
    row.depth, row.depth_rule = depth
    row.accepted_days, row.payable_fen = said.service_days, said.payable_fen
    row.users_asked, row.users_answered = said.opinions.asked, said.opinions.answered
    row.users_satisfied, row.opinions = said.opinions.satisfied, said.opinions.summary
    row.remarks = said.remarks
    contract.delivered_days += said.service_days
    await changed(session, contract, "accept", by=by, now=now, milestone=number, verdict=row.status)
    judging.keep(session, row.id, contract.provider_id, by=by, now=now)
    await _tell_evidence(session, contract, row, said, in_force, now=now)
    return row


async def _tell_evidence(
    session: AsyncSession,
    contract: tables.Contract,
    row: tables.Milestone,
    said: AcceptanceIn,
    in_force: RulesInForce,
    *,
    now: datetime,
) -> None:
    """What users said, and whether the milestone was kept, count for the provider's rating."""
    reported_on = None if row.reported_at is None else city_day(row.reported_at)
    opinion = rules.opinion_level(said.opinions.satisfied, said.opinions.answered)
    levels = {
        EvidenceSource.ACCEPTANCE: {RatingDimension.OVERALL: opinion},
        EvidenceSource.MILESTONE: of_milestone(
            said.verdict, row.due_on, reported_on, grace_days=in_force.rule(GRACE).number
        ),
    }
    told = [
        Told(
            source=source,
            source_id=row.id,
            provider_id=contract.provider_id,
            category=contract.category,
            levels=each,
            happened_on=city_day(now),
            buyer_id=contract.buyer_id,
            contract_id=contract.id,
        )
        for source, each in levels.items()
    ]
    await evidence.record(session, told, now=now)
