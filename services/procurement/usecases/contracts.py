"""Contracts: drawn up from an award, signed by both sides, published in time.

Locks in the order tender, award, contract, budget lines.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.roles import Role
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.procurement import ContractStatus
from common.contracts.procurement_budgets import Draw, HolderKind
from common.contracts.procurement_contracts import Agreed, ContractIn, MilestonePlan
from common.contracts.procurement_endings import EndReason
from common.contracts.procurement_performance import MilestoneStatus
from common.edge import must_match
from common.errors import Text
from common.records import made, touch
from common.rules import RulesInForce
from common.rules_table import rule_table
from procurement import tables
from procurement.domain import contracts as rules
from procurement.domain.costing import MANAGEMENT, Costed, costed
from procurement.queries import contracts as queries
from procurement.usecases import budgets, outcomes, releases
from procurement.usecases.budgets import Holder, Share
from procurement.usecases.funding import holder_of
from procurement.usecases.holding import is_held
from procurement.usecases.supplying import must_supply

KIND: Final = "contract"
SUPPLEMENTS, EVALUATIONS = "gpl.49.supplements", "evaluation.per_year"
PUBLISHED, FILED = "reg.50.contract_published", "gpl.47.contract_filing"
_TAKEN_OVER = {"award_id", "funding", "costs", "milestones", "stations", "quota", "value_fen"}


async def draw_up(
    session: AsyncSession, wanted: ContractIn, *, by: Actor, now: datetime
) -> tables.Contract:
    """A contract from an announced award. Raises what does not add up or lasts too long."""
    tender = await queries.tender(session, await queries.tender_of_award(session, wanted.award_id))
    award = await queries.award(session, wanted.award_id)
    rules.check_award(award.status, is_shared=award.is_shared)
    by.must_cover(tender.area_code)
    in_force = (await rule_table(session)).at(city_day(now), tender.area_code)
    rules.check_shape(wanted, award.value_fen)
    term = in_force.rule("102.24.term_stable" if wanted.is_stable else "102.24.term")
    rules.check_term(wanted.period_start_on, wanted.period_end_on, wanted.max_extent_on, term)
    costs = check_parts(wanted, in_force, start=wanted.period_start_on)

    row = tables.Contract(
        **wanted.model_dump(exclude=_TAKEN_OVER),
        tender_id=tender.id,
        award_id=award.id,
        provider_id=award.supplier_id,
        sign_due_on=award.sign_due_on,
        **{n: getattr(tender, n) for n in ("ocid", "buyer_id", "area_code", "category")},
        agenda_item_id=tender.agenda_item_id,
        administrative_hours_max=wanted.quota.hours_max,
        excess=wanted.quota.excess,
        hour_fen=wanted.quota.hour_fen,
        **opening(wanted.value_fen),
        rules=[term.code, *cost_rules(costs)],
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    await keep_parts(session, row, wanted, costs, by=by)
    session.add_all(
        tables.ContractStation(contract_id=row.id, **station.model_dump())
        for station in wanted.stations
    )
    await session.flush()
    note(session, row, "draw_up", by, {"award": str(award.id), "value_fen": row.value_fen})
    return row


async def sign(
    session: AsyncSession, contract_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.Contract:
    """Sign for one's side, while the award stands; the second signature commits the money."""
    before = await queries.found(session, by, contract_id)
    tender = await queries.tender(session, before.tender_id)
    award = await queries.award(session, before.award_id)
    if before.renewal_of_id is not None:
        await _must_go_on(session, before.renewal_of_id)
    row = await queries.locked(session, contract_id)
    must_match(row.version, version)
    must_be(row, ContractStatus.PENDING, Text("签署", "to sign"))
    if await is_held(session, tender, now):
        raise rules.SigningSuspended
    rules.check_award(award.status, is_shared=award.is_shared)
    await must_supply(session, row.provider_id, now=now)
    if Role.PROVIDER in by.roles and by.acts_for(row.provider_id):
        row.provider_signed_at = row.provider_signed_at or now
    else:
        by.must_reach(row.area_code)
        row.buyer_signed_at = row.buyer_signed_at or now
    if row.provider_signed_at and row.buyer_signed_at:
        await _conclude(session, row, by=by, now=now)
    touch(row, by, now)
    note(session, row, "sign", by, {"status": row.status})
    await session.flush()
    return row


async def publish(
    session: AsyncSession, contract_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.Contract:
    """Publish a signed contract: from now on the registry and the matching rely on it."""
    by.must_cover((await queries.found(session, by, contract_id)).area_code)
    row = await queries.locked(session, contract_id)
    must_match(row.version, version)
    must_be(row, ContractStatus.ACTIVE, Text("公告", "to publish"))
    if row.published_at is not None:
        raise rules.ContractCannotMove(current="published", step=Text("公告", "to publish"))
    row.published_at = now
    touch(row, by, now)
    await outcomes.contracted(session, row, by=by, now=now)
    told(session, row, now)
    note(session, row, "publish", by, {"published_at": now.isoformat()})
    await session.flush()
    return row


async def cancel(
    session: AsyncSession, contract_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.Contract:
    """Give up a contract that was not signed by both; its award may be contracted anew."""
    by.must_cover((await queries.found(session, by, contract_id)).area_code)
    row = await queries.locked(session, contract_id)
    must_match(row.version, version)
    _give_up(session, row, by=by, now=now)
    await session.flush()
    return row


async def give_up_drafts(
    session: AsyncSession, award: tables.Award, *, by: Actor, now: datetime
) -> None:
    """Give up what was drawn up on an award that is taken back. Raises `AwardContracted`."""
    for row in await queries.of_tender(session, award.tender_id, award_id=award.id):
        ended_for = EndReason(row.termination_reason) if row.termination_reason else None
        rules.must_be_unsigned(ContractStatus(row.status), ended_for)
        if row.status == ContractStatus.PENDING:
            _give_up(session, row, by=by, now=now)
    await session.flush()


async def give_up_renewal(
    session: AsyncSession, old: tables.Contract, *, by: Actor, now: datetime
) -> None:
    """Give up the renewal of a contract that ends early, unless both have signed it."""
    for row in await queries.renewals(session, old.id):
        if row.status == ContractStatus.PENDING:
            _give_up(session, row, by=by, now=now)
    await session.flush()


async def _must_go_on(session: AsyncSession, old_id: UUID) -> None:
    """A renewal goes on with a contract that runs, or was completed; it is locked before."""
    old = await queries.locked(session, old_id)
    if old.termination_reason != EndReason.COMPLETED:
        must_be(old, ContractStatus.ACTIVE, Text("签署其续签合同", "to sign its renewal"))


def _give_up(session: AsyncSession, row: tables.Contract, *, by: Actor, now: datetime) -> None:
    row.status = rules.move(ContractStatus(row.status), ContractStatus.CANCELLED)
    touch(row, by, now)
    note(session, row, "cancel", by, {"status": row.status})


def must_be(row: tables.Contract, wanted: ContractStatus, step: Text) -> None:
    """Raises `ContractCannotMove` unless the contract is where the step begins."""
    rules.must_be(ContractStatus(row.status), wanted, step)


def check_parts(agreed: Agreed, in_force: RulesInForce, *, start: date) -> Sequence[Costed]:
    """Money, costs and milestones of a contract or its renewal; the costs with their floors."""
    costs = costed(agreed.costs, in_force)
    rules.check_sums(
        agreed.value_fen,
        sum(draw.value_fen for draw in agreed.funding),
        sum(cost.amount_fen for cost in costs),
        agreed.milestones,
    )
    rules.check_schedule(agreed.milestones, agreed.service_days, start, agreed.period_end_on)
    return costs


def opening(value_fen: int) -> dict[str, Any]:
    """How the money and the counts of a new contract stand."""
    return {
        "status": ContractStatus.PENDING,
        "original_fen": value_fen,
        "value_fen": value_fen,
        **dict.fromkeys(("supplements_fen", "paid_fen"), 0),
        **dict.fromkeys(("administrative_hours_used", "delivered_days"), 0),
        "is_due_provisional": False,
    }


def cost_rules(costs: Sequence[Costed]) -> list[str]:
    """The rules that a cost statement rests on."""
    return [*sorted({cost.floor.code for cost in costs if cost.floor}), MANAGEMENT]


async def keep_parts(
    session: AsyncSession,
    row: tables.Contract,
    agreed: Agreed,
    costs: Sequence[Costed],
    *,
    by: Actor,
) -> None:
    """Keep the money, the cost statement and the milestones of a contract."""
    await keep_funding(session, row, agreed.funding, by=by, at="/funding")
    session.add_all(
        tables.ContractCost(
            contract_id=row.id,
            position=position,
            **cost.line.model_dump(),
            amount_fen=cost.amount_fen,
            floor_fen=cost.floor.number if cost.floor else None,
            floor_rule=cost.floor.code if cost.floor else None,
        )
        for position, cost in enumerate(costs, start=1)
    )
    keep_milestones(session, row.id, agreed.milestones, after=0)


async def keep_funding(
    session: AsyncSession, row: tables.Contract, draws: Sequence[Draw], *, by: Actor, at: str
) -> None:
    """Keep from which of the buyer's lines a contract is paid; each line keeps its source."""
    lines = await budgets.payable_from(session, draws, row.buyer_id, by=by, at=at)
    for draw in draws:
        line = lines[draw.line_id]
        session.add(
            tables.ContractFunding(
                contract_id=row.id,
                line_id=line.id,
                source=line.source,
                budget_line=line.code,
                value_fen=draw.value_fen,
                paid_fen=0,
            )
        )


def keep_milestones(
    session: AsyncSession, contract_id: UUID, planned: Sequence[MilestonePlan], *, after: int
) -> None:
    """Keep milestones, numbered on from those that are there."""
    session.add_all(
        tables.Milestone(
            contract_id=contract_id,
            number=number,
            **milestone.model_dump(),
            status=MilestoneStatus.SCHEDULED,
            payable_fen=0,
            paid_fen=0,
        )
        for number, milestone in enumerate(planned, start=after + 1)
    )


async def _conclude(
    session: AsyncSession, row: tables.Contract, *, by: Actor, now: datetime
) -> None:
    """Both have signed: commit the money, freeze the ceilings, set the clocks."""
    table = await rule_table(session)
    in_force, today = table.at(city_day(now), row.area_code), city_day(now)
    publish_by = rules.due(in_force.rule(PUBLISHED), today, official_calendar())
    file_by = rules.due(in_force.rule(FILED), today, official_calendar())
    row.status = rules.move(ContractStatus(row.status), ContractStatus.ACTIVE)
    row.signed_at, row.publish_due_on, row.filing_due_on = now, publish_by.on, file_by.on
    row.is_due_provisional = publish_by.is_provisional or file_by.is_provisional
    row.supplements_max_fen = rules.share_of(row.original_fen, in_force.rule(SUPPLEMENTS))
    row.evaluations_per_year = in_force.rule(EVALUATIONS).number
    row.rules = [*row.rules, PUBLISHED, FILED, SUPPLEMENTS, EVALUATIONS]
    await _commit(session, row, by=by, now=now)


async def _commit(session: AsyncSession, row: tables.Contract, *, by: Actor, now: datetime) -> None:
    """Turn the reservation into a commitment; what the purchase saved is free again.

    A renewal has no purchase of its own: its money is reserved and committed in one step.
    """
    contract = Holder(HolderKind.CONTRACT, row.id)
    money = await queries.funding(session, row.id)
    shares = [Share(each.line_id, each.value_fen) for each in money]
    origin = contract if row.renewal_of_id else holder_of(row.tender_id)
    if row.renewal_of_id:
        await budgets.reserve(session, origin, shares, buyer_id=row.buyer_id, by=by, now=now)
    await budgets.commit(session, origin, shares, to=contract, by=by, now=now)
    await budgets.release(session, origin, by=by, now=now)


def told(session: AsyncSession, row: tables.Contract, now: datetime) -> None:
    """Tell readers of a contract that was published."""
    if row.published_at is not None:
        feed.mark(session, KIND, row.id)
        feed.mark(session, "provider", row.provider_id)  # its file counts what it holds
        releases.note(session, row.tender_id, now)


def note(
    session: AsyncSession, row: tables.Contract, step: str, by: Actor, after: dict[str, Any]
) -> None:
    """Write a step of a contract into the audit log."""
    audit.note(
        session,
        by,
        action=f"contract.{step}",
        target=(KIND, row.id),
        area=row.area_code,
        after=after,
    )
