"""Plans: drawn up, published, closed; items taken over from residents or named by a department."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, mirrors
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.feeds import Kind
from common.contracts.procurement import OutcomeStage
from common.contracts.procurement_plans import (
    AgendaItemIn,
    DepartmentItemIn,
    DropIn,
    ItemOrigin,
    ItemStatus,
    PlanIn,
    PlanStatus,
)
from common.edge import must_match
from common.errors import NotFound, Text
from common.records import made, touch
from common.rules_table import rule_table
from common.turns import take_turn
from procurement import tables
from procurement.domain import plans as rules
from procurement.domain.agenda import ItemUnderWay
from procurement.queries import agenda as agenda_queries
from procurement.queries import plans as queries

AGENDA_ITEM = Text("居民议题", "item of the residents' agenda")


async def draw_up(
    session: AsyncSession, wanted: PlanIn, *, by: Actor, now: datetime
) -> tables.Plan:
    """A draft of a plan."""
    by.must_cover(wanted.area_code)
    in_force = (await rule_table(session)).at(city_day(now), wanted.area_code)
    rules.check_years(wanted.years, in_force.rule("plan.longest"))
    row = tables.Plan(
        **wanted.model_dump(exclude={"years"}),
        first_year=wanted.years[0].year,
        last_year=wanted.years[-1].year,
        status=PlanStatus.DRAFT,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    session.add_all(
        tables.PlanYear(plan_id=row.id, itemised_fen=0, **year.model_dump())
        for year in wanted.years
    )
    _note(session, by, "plan.draw_up", row, {"title": row.title})
    await session.flush()
    return row


async def move(
    session: AsyncSession,
    plan_id: UUID,
    wanted: PlanStatus,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Plan:
    """Publish a draft, or close what was published."""
    by.must_cover((await queries.found(session, by, plan_id)).area_code)
    row = await queries.locked(session, plan_id)
    must_match(row.version, version)
    await take_turn(session, "plan", row.area_code, row.field)
    row.status = rules.step(PlanStatus(row.status), wanted)
    if wanted is PlanStatus.PUBLISHED:
        row.published_at = now
    touch(row, by, now)
    _note(session, by, f"plan.{wanted}", row, {"status": row.status})
    await session.flush()
    return row


async def take_over(
    session: AsyncSession, plan_id: UUID, wanted: AgendaItemIn, *, by: Actor, now: datetime
) -> tables.PurchaseItem:
    """Put an item of the residents' agenda into a plan, as they fixed it."""
    agenda = await mirrors.one(session, Kind.AGENDA, wanted.agenda_id)
    if agenda is None:
        raise NotFound(what=Text("议题清单", "agenda"), key=wanted.agenda_id)
    fixed = rules.fixed_by_residents(agenda, str(wanted.agenda_item_id))
    if fixed is None:
        raise NotFound(what=AGENDA_ITEM, key=wanted.agenda_item_id)
    by.must_cover(fixed["area_code"])
    stage = await agenda_queries.stage_of(session, wanted.agenda_item_id)
    if stage is OutcomeStage.DROPPED:
        raise ItemUnderWay(stage=stage)
    values = {
        "origin": ItemOrigin.AGENDA,
        "agenda_id": wanted.agenda_id,
        "agenda_item_id": wanted.agenda_item_id,
        "method": fixed["wished_method"],
        "service_item_id": fixed["service_item_id"] and UUID(fixed["service_item_id"]),
        **{name: fixed[name] for name in ("title", "category", "target_groups", "money_fen")},
    }
    return await _list(session, plan_id, wanted.year, values, by=by, now=now)


async def name_item(
    session: AsyncSession, plan_id: UUID, wanted: DepartmentItemIn, *, by: Actor, now: datetime
) -> tables.PurchaseItem:
    """Put an item into a plan that a department wants alone; the plan says so."""
    values = wanted.model_dump(exclude={"year"}) | {"origin": ItemOrigin.DEPARTMENT}
    return await _list(session, plan_id, wanted.year, values, by=by, now=now)


async def drop(
    session: AsyncSession,
    item_id: UUID,
    said: DropIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.PurchaseItem:
    """Give up an item for a public reason; its money may be planned for something else."""
    by.must_cover((await queries.item(session, by, item_id)).area_code)
    row = await queries.item_locked(session, item_id)
    must_match(row.version, version)
    await _give_up(session, row, said, by=by, now=now)
    return row


async def leave(
    session: AsyncSession, agenda_item_id: UUID, said: DropIn, *, by: Actor, now: datetime
) -> None:
    """A residents' item that is given up leaves the plan that it stands in, for the same reason."""
    row = await queries.item_of_residents(session, agenda_item_id)
    if row is not None:
        by.must_cover(row.area_code)
        await _give_up(session, row, said, by=by, now=now)


async def _give_up(
    session: AsyncSession, row: tables.PurchaseItem, said: DropIn, *, by: Actor, now: datetime
) -> None:
    row.status = rules.item_step(ItemStatus(row.status), ItemStatus.DROPPED)
    row.drop_reason = said.reason
    year = await queries.year_locked(session, row.plan_id, row.year)
    year.itemised_fen -= row.money_fen
    touch(row, by, now)
    audit.note(
        session,
        by,
        action="purchase_item.drop",
        target=("purchase_item", row.id),
        area=row.area_code,
        after={"status": row.status},
        reason=said.reason,
    )
    await session.flush()


async def _list(
    session: AsyncSession,
    plan_id: UUID,
    year: int,
    values: dict[str, Any],
    *,
    by: Actor,
    now: datetime,
) -> tables.PurchaseItem:
    plan = await queries.found(session, by, plan_id)
    by.must_cover(plan.area_code)
    if plan.status == PlanStatus.CLOSED:
        raise rules.PlanCannotMove(current=plan.status, wanted=ItemStatus.PLANNED)
    meant = await queries.year_locked(session, plan_id, year)
    meant.itemised_fen = rules.itemised(meant.intended_fen, meant.itemised_fen, values["money_fen"])
    row = tables.PurchaseItem(
        plan_id=plan_id,
        area_code=plan.area_code,
        field=plan.field,
        year=year,
        status=ItemStatus.PLANNED,
        planned_on=city_day(now),
        **values,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    audit.note(
        session,
        by,
        action="purchase_item.plan",
        target=("purchase_item", row.id),
        area=row.area_code,
        after={"title": row.title, "origin": row.origin, "money_fen": row.money_fen},
    )
    return row


def _note(
    session: AsyncSession, by: Actor, action: str, row: tables.Plan, after: dict[str, Any]
) -> None:
    audit.note(session, by, action=action, target=("plan", row.id), area=row.area_code, after=after)
