"""Contracts that change: supplements within the legal share, coded changes, renewals in term."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_budgets import Draw, HolderKind
from common.contracts.procurement_performance import (
    ChangeIn,
    ChangeReason,
    RenewalIn,
    SupplementIn,
)
from common.errors import Conflict, FieldError, Text
from common.money import show_yuan
from common.records import given, made, name_of
from common.rules_table import rule_table
from procurement import tables
from procurement.domain import contracts as rules
from procurement.domain import performance
from procurement.queries import awards as award_queries
from procurement.queries import contracts as contract_queries
from procurement.queries import performance as queries
from procurement.queries import ratings
from procurement.usecases import budgets, outcomes
from procurement.usecases.budgets import Holder, Share
from procurement.usecases.contracts import (
    check_parts,
    cost_rules,
    keep_funding,
    keep_milestones,
    keep_parts,
    note,
    opening,
)
from procurement.usecases.under_way import changed, taken_up

USE_FOR_RENEWAL, LEAST = "rating.use.renewal", "renewal.level"
# What a renewal takes over from the contract that it goes on with.
_KEPT: Final = (
    *("tender_id", "award_id", "ocid", "kind", "buyer_id", "provider_id", "area_code", "category"),
    *("service_item_ids", "area_codes", "target_groups", "exclusions", "excess", "hour_fen"),
    *("administrative_hours_max", "places", "capacity_unit", "max_extent_on", "is_stable"),
    "agenda_item_id",
)
_CHANGEABLE: Final = frozenset(ChangeIn.model_fields) - {"reason", "text"}


class NotRenewable(Conflict):
    """The contract names no latest end, or the rating is too low where it may count."""

    slug = "not-renewable"
    title = Text("不能续签", "Not renewable")
    detail = Text("{reason}", "{reason}")


async def supplement(
    session: AsyncSession,
    contract_id: UUID,
    wanted: SupplementIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.ContractChange:
    """Add to a contract on the same terms, within the ceiling that was frozen at signing."""
    row = await taken_up(session, contract_id, by=by, version=version)
    by.must_cover(row.area_code)
    fen = sum(draw.value_fen for draw in wanted.draws)
    before = row.supplements_fen + await award_queries.added_fen(session, row.id)
    performance.check_supplement(fen, before, row.supplements_max_fen or 0)
    if (paid := sum(each.pay_fen for each in wanted.milestones)) != fen:
        told = Text(f"合计应为 {show_yuan(fen)}", f"must add up to {show_yuan(fen)}")
        raise rules.WrongContract(errors=[FieldError("/milestones", paid, told)])
    days = sum(each.service_days for each in wanted.milestones)
    rules.check_schedule(wanted.milestones, days, row.period_start_on, row.period_end_on)

    row.supplements_fen += fen
    row.value_fen += fen
    row.service_days += days
    await _more_money(session, row, wanted.draws, by=by, now=now)
    last = await queries.last_number(session, tables.Milestone.number, contract_id)
    keep_milestones(session, contract_id, wanted.milestones, after=last)
    change = await _keep(session, row, wanted.text, by=by, now=now, value_fen=fen)
    await outcomes.follow(session, row, now=now)
    await changed(session, row, "supplement", by=by, now=now, value_fen=fen)
    return change


async def change(
    session: AsyncSession,
    contract_id: UUID,
    wanted: ChangeIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.ContractChange:
    """Change what costs nothing more, for a coded reason; the term stays within the law's."""
    row = await taken_up(session, contract_id, by=by, version=version)
    by.must_cover(row.area_code)
    asked = {name: value for name, value in given(wanted).items() if name in _CHANGEABLE}
    if wanted.period_end_on is not None:
        await _check_extension(session, row, wanted.period_end_on)
    before = {name: getattr(row, name) for name in asked}
    for name, value in asked.items():
        setattr(row, name, value)
    made_change = await _keep(
        *(session, row, wanted.text),
        by=by,
        now=now,
        reason=wanted.reason,
        before=_plain(before),
        after=_plain(asked),
    )
    await changed(session, row, "change", by=by, now=now, reason=wanted.reason)
    return made_change


async def renew(
    session: AsyncSession, contract_id: UUID, wanted: RenewalIn, *, by: Actor, now: datetime
) -> tables.Contract:
    """Draw up the next term: within the latest end, at no higher value, where the rating lets."""
    old = await taken_up(session, contract_id, by=by)
    by.must_cover(old.area_code)
    in_force = (await rule_table(session)).at(city_day(now), old.area_code)
    first = await contract_queries.first_of(session, old)
    _check_end(old, wanted.period_end_on, first.max_extent_on)
    level = await ratings.level_of(session, old.provider_id, old.category)
    use, least = in_force.rule(USE_FOR_RENEWAL), in_force.rule(LEAST)
    if not performance.may_renew(level, use, least):
        raise NotRenewable(
            reason=Text(
                f"评级为 {level} 级，低于续签所需等次（{least.code}）。",
                f"The rating is level {level}, below what a renewal needs ({least.code}).",
            )
        )
    _check_value(old, wanted.value_fen)
    start = old.period_end_on + timedelta(days=1)
    costs = check_parts(wanted, in_force, start=start)
    row = tables.Contract(
        **{name: getattr(old, name) for name in _KEPT},
        **opening(wanted.value_fen),
        renewal_of_id=old.id,
        title=wanted.title,
        service_days=wanted.service_days,
        period_start_on=start,
        period_end_on=wanted.period_end_on,
        rules=[use.code, least.code, *cost_rules(costs)],
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    await keep_parts(session, row, wanted, costs, by=by)
    await session.flush()
    note(session, row, "renew", by, {"renewal_of": str(old.id), "ground": wanted.ground})
    return row


def _check_end(old: tables.Contract, wanted: date, latest: date | None) -> None:
    if latest is None or not old.period_end_on < wanted <= latest:
        told = latest or old.period_end_on
        raise NotRenewable(
            reason=Text(
                f"原合同最晚可至 {told}，续签末日须晚于 {old.period_end_on}。",
                f"The contract runs until {told} at the latest; a renewal ends after "
                f"{old.period_end_on}.",
            )
        )


def _check_value(old: tables.Contract, value_fen: int) -> None:
    if value_fen > old.original_fen:
        most = show_yuan(old.original_fen)
        told = Text(f"不高于原合同金额 {most}", f"at most what the contract was for, {most}")
        raise rules.WrongContract(errors=[FieldError("/value_fen", value_fen, told)])


async def _check_extension(session: AsyncSession, row: tables.Contract, end: date) -> None:
    """Another period stays within the years and the latest end of the first of its chain."""
    first = await contract_queries.first_of(session, row)
    signed_on = city_day(first.signed_at) if first.signed_at else first.period_start_on
    in_force = (await rule_table(session)).at(signed_on, first.area_code)
    term = in_force.rule("102.24.term_stable" if first.is_stable else "102.24.term")
    due_on = await queries.last_due_on(session, row.id)
    next_on = await contract_queries.next_on(session, row.id)
    rules.check_new_end(end, row.period_start_on, due_on, next_on)
    rules.check_extension(first.period_start_on, end, first.max_extent_on, term)


async def _more_money(
    session: AsyncSession,
    row: tables.Contract,
    draws: Sequence[Draw],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Commit more money to a contract, on lines that it draws on already or on others."""
    await budgets.payable_from(session, draws, row.buyer_id, by=by)
    money = {each.line_id: each for each in await contract_queries.funding(session, row.id)}
    for draw in draws:
        if (line := money.get(draw.line_id)) is not None:
            line.value_fen += draw.value_fen
    fresh = [draw for draw in draws if draw.line_id not in money]
    await keep_funding(session, row, fresh, by=by, at="/draws")
    holder = Holder(HolderKind.CONTRACT, row.id)
    shares = [Share(draw.line_id, draw.value_fen) for draw in draws]
    await budgets.reserve(session, holder, shares, buyer_id=row.buyer_id, by=by, now=now)
    await budgets.commit(session, holder, shares, to=holder, by=by, now=now)


async def _keep(
    session: AsyncSession,
    row: tables.Contract,
    text: str,
    *,
    by: Actor,
    now: datetime,
    value_fen: int = 0,
    reason: ChangeReason | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> tables.ContractChange:
    number = await queries.last_number(session, tables.ContractChange.number, row.id) + 1
    kept = tables.ContractChange(
        contract_id=row.id,
        number=number,
        reason=reason,
        text=text,
        value_fen=value_fen,
        before=before or {"value_fen": row.value_fen - value_fen},
        after=after or {"value_fen": row.value_fen},
        made_at=now,
        made_by=name_of(by),
    )
    session.add(kept)
    return kept


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Dates as text: changes are kept as JSON."""
    return {k: str(v) if isinstance(v, date) else v for k, v in values.items()}
