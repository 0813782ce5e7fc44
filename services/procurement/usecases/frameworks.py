"""Frameworks in use: suppliers who join an open one, who leave, and contracts placed under it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_panels import (
    AdmissionIn,
    AwardStatus,
    CallOffIn,
    DirectAwardIn,
    RemovalIn,
)
from common.contracts.procurement_tenders import (
    FrameworkForm,
    SecondStage,
    TenderIn,
    TenderStep,
)
from common.errors import FieldError, NotFound, Text
from common.ids import uuid7
from common.records import made, touch
from common.rules import RulesInForce
from procurement import tables
from procurement.domain import frameworks as rules
from procurement.domain import tenders as tender_rules
from procurement.domain.opening import must_suffice
from procurement.queries import awards as queries
from procurement.queries import bidders as bidder_queries
from procurement.queries import tenders as tender_queries
from procurement.usecases import agenda
from procurement.usecases.awards import direct_award
from procurement.usecases.buyers import must_be_of_area
from procurement.usecases.holding import lift, must_run
from procurement.usecases.steps import KIND, changed, move, taken_up
from procurement.usecases.supplying import must_supply

_INHERITED: Final = (
    *("method", "object", "contents", "category", "rules", "suppliers_least"),
    *("is_price_fixed", "price_weight", "small_firm_deduction", "consortium_deduction"),
)


_UNDER_WAY: Final = Text("已有补充征集正在进行", "a top-up of it is under way")
_GONE: Final = Text("被清退的供应商不得再次加入", "who was removed does not join again")
_ALIKE: Final = (
    *("buyer_id", "area_code", "category", "object", "framework_form", "framework_ends_on"),
    *("second_stage", "is_price_fixed", "price_weight"),
)
_UNLIKE: Final = Text(
    "补充征集只用于有效的封闭式框架协议，其购买主体、区划、品目、形式、末日、第二阶段方式与计价"
    "须与原协议一致",
    "a top-up is of a closed framework in force, with the same buyer, area, category, form, end,"
    " second stage and pricing",
)


async def admit(
    session: AsyncSession, tender_id: UUID, wish: AdmissionIn, *, by: Actor, now: datetime
) -> tables.Award:
    """Let a supplier join an open framework while it is open; who was removed stays out."""
    row = await taken_up(session, tender_id, TenderStep.TENDERING, version=None, by=by, now=now)
    if row.framework_form != FrameworkForm.OPEN:
        raise rules.NotOfTheFramework(
            reason=Text("仅开放式可随时加入", "only an open framework is joined at any time")
        )
    _must_last(row, now)
    await must_supply(session, wish.supplier_id, now=now)
    terms = tender_queries.terms_of(row)
    may_rejoin = terms["removed_may_rejoin"].known is True
    if not may_rejoin and await queries.removed(session, row.id, wish.supplier_id):
        raise rules.NotOfTheFramework(reason=_GONE)
    said = DirectAwardIn(**wish.model_dump(), reason="开放式入围")
    award = direct_award(row, said, terms, by=by, now=now)
    award.is_shared, award.status, award.announced_at = True, AwardStatus.ACTIVE, now
    award.framework_id = None
    session.add(award)
    changed(session, row, "framework.admit", by=by, now=now, supplier=wish.supplier_id)
    await session.flush()
    return award


async def remove(
    session: AsyncSession, tender_id: UUID, wish: RemovalIn, *, by: Actor, now: datetime
) -> tables.Award:
    """Take a supplier out of a framework, for a public reason."""
    row = await tender_queries.locked(session, tender_id)
    by.must_cover(row.area_code)
    members = await queries.members(session, row.id)
    award = next((each for each in members if each.supplier_id == wish.supplier_id), None)
    if award is None:
        raise NotFound(what=queries.WHAT, key=wish.supplier_id)
    award.status, award.cancelled_at, award.cancel_reason = AwardStatus.CANCELLED, now, wish.reason
    award.removed_at = now
    touch(award, by, now)
    who = wish.supplier_id
    await lift(session, row, now)
    changed(session, row, "framework.remove", by=by, now=now, reason=wish.reason, supplier=who)
    await session.flush()
    return award


async def check_top_up(
    session: AsyncSession, wish: TenderIn, framework_id: UUID, held: RulesInForce, *, now: datetime
) -> str:
    """The OCDS id of the closed framework that a purchase tops up, as the law lets it.

    It is like the framework in everything and ends with it. Raises `TopUpNotNeeded`,
    `NotToBeToppedUp`. Source: 110号令 (top-up solicitation).
    """
    framework = await tender_queries.locked(session, framework_id)
    tender_rules.must_be(TenderStep(framework.step), TenderStep.ANNOUNCED)
    await must_run(session, framework, now)
    alike = all(getattr(framework, name) == getattr(wish, name) for name in _ALIKE)
    if not alike or framework.framework_form != FrameworkForm.CLOSED or framework.top_up_of_id:
        raise rules.NotToBeToppedUp(reason=_UNLIKE)
    if await queries.is_topped_up(session, framework.id):
        raise rules.NotToBeToppedUp(reason=_UNDER_WAY)
    _must_last(framework, now)
    terms = tender_queries.terms_of(framework)
    known = "top_up" in terms  # frameworks of before have not kept this rule
    rule = terms["top_up"] if known else held.setting("top_up", "framework", method=wish.method)
    left = await queries.members(session, framework.id)
    rules.check_top_up(len(left), await queries.shortlisted(session, framework.id), rule)
    return framework.ocid


async def may_top_up(
    session: AsyncSession, top_up: tables.Tender, framework_id: UUID, supplier_id: UUID
) -> None:
    """Raises `NotOfTheFramework` for who is in the framework already, or was removed from it."""
    members = await queries.members(session, framework_id)
    if supplier_id in {each.supplier_id for each in members}:
        told = Text("该供应商已在入围名单内", "the supplier is on the shortlist already")
        raise rules.NotOfTheFramework(reason=told)
    may_rejoin = tender_queries.terms_of(top_up)["removed_may_rejoin"].known is True
    if not may_rejoin and await queries.removed(session, framework_id, supplier_id):
        raise rules.NotOfTheFramework(reason=_GONE)


async def call_off(
    session: AsyncSession,
    framework_id: UUID,
    wish: CallOffIn,
    *,
    prefix: str,
    by: Actor,
    now: datetime,
) -> tables.Tender:
    """Place a contract under a framework: by choice, turn or recipients, or by bids of members.

    The framework is locked, so that two contracts never take the same turn. Who may not supply
    today has no turn and makes up no number, until it is removed or may again.
    """
    by.must_cover(wish.area_code)
    await must_be_of_area(session, wish.buyer_id, "/buyer_id", by=by)
    framework = await tender_queries.locked(session, framework_id)
    await _must_stand(session, framework, wish.second_stage, now)
    terms = tender_queries.terms_of(framework)
    members = await _able(session, framework.id, now)
    must_suffice(terms["suppliers"], len(members))
    row = _tender(framework, wish, prefix, by=by, now=now)
    row.agenda_item_id = await agenda.served(session, framework, now=now)
    session.add(row)
    await session.flush()
    if wish.second_stage is not SecondStage.MINI_COMPETITION:
        said = _choice(wish)
        await must_supply(session, said.supplier_id, now=now)
        served = await queries.call_offs(session, framework.id)
        rules.check_choice(wish.second_stage, said.supplier_id, members, served)
        row.notice_at = row.opened_at = now
        row.tenderers = row.conforming = len(members)
        row.step = TenderStep.TENDERING
        session.add(direct_award(row, said, terms, by=by, now=now))
        move(session, row, TenderStep.AWARDED, by=by, now=now, awarded_at=now)
    else:
        feed.mark(session, KIND, row.id)
        audit.note(session, by, action="tender.call_off", target=(KIND, row.id), area=row.area_code)
    await session.flush()
    return row


async def competitors(session: AsyncSession, framework_id: UUID, now: datetime) -> Sequence[UUID]:
    """Whom a mini-competition asks, when it is announced: all members, while enough may supply.

    It may have waited since it was placed: whether the framework stands is asked again.
    """
    framework = await tender_queries.locked(session, framework_id)
    await _must_stand(session, framework, SecondStage.MINI_COMPETITION, now)
    able = await _able(session, framework_id, now)
    must_suffice(tender_queries.terms_of(framework)["suppliers"], len(able))
    return [each.supplier_id for each in await queries.members(session, framework_id)]


async def may_compete(session: AsyncSession, framework_id: UUID, supplier_id: UUID) -> None:
    """Raises `NotOfTheFramework` for who was removed since it was asked."""
    members = await queries.members(session, framework_id)
    rules.check_member(supplier_id, {each.supplier_id for each in members})


async def _able(session: AsyncSession, framework_id: UUID, now: datetime) -> list[UUID]:
    """The members of a framework who may supply today, in their order."""
    members = [each.supplier_id for each in await queries.members(session, framework_id)]
    kept_out = await bidder_queries.kept_out(session, members, city_day(now))
    return [each for each in members if each not in kept_out]


async def _must_stand(
    session: AsyncSession, framework: tables.Tender, wanted: SecondStage, now: datetime
) -> None:
    """The framework is in force and allows this way of choosing."""
    steps = {
        FrameworkForm.CLOSED: (TenderStep.ANNOUNCED,),
        FrameworkForm.OPEN: (TenderStep.TENDERING,),
    }
    if framework.framework_form is None or framework.top_up_of_id is not None:
        told = Text("不是框架协议，或为其补充征集", "it is no framework, or the top-up of one")
        raise rules.NotOfTheFramework(reason=told)
    tender_rules.must_be(
        TenderStep(framework.step), *steps[FrameworkForm(framework.framework_form)]
    )
    await must_run(session, framework, now)
    _must_last(framework, now)
    way = tender_queries.terms_of(framework)["second_stage_methods"]
    agreed = framework.second_stage in {None, wanted}
    if not agreed or _WORDS[wanted] not in way.words:
        raise rules.NotOfTheFramework(
            reason=Text("框架协议约定了其他第二阶段方式", "the framework has agreed another way")
        )


_WORDS: Final = {way: way.value for way in SecondStage}


def _must_last(framework: tables.Tender, now: datetime) -> None:
    if framework.framework_ends_on is None or city_day(now) > framework.framework_ends_on:
        raise rules.NotOfTheFramework(
            reason=Text("框架协议已到期", "the framework has come to its end")
        )


def _tender(
    framework: tables.Tender, wish: CallOffIn, prefix: str, *, by: Actor, now: datetime
) -> tables.Tender:
    """A purchase of its own, under the terms of the framework."""
    tender_id = uuid7()
    return tables.Tender(
        id=tender_id,
        ocid=f"{prefix}-{tender_id}",
        framework_id=framework.id,
        framework_ocid=framework.ocid,
        is_conducted_elsewhere=False,
        step=TenderStep.PLANNING,
        stage=1,
        round=1,
        **wish.model_dump(exclude={"supplier_id", "reason"}),
        **{name: getattr(framework, name) for name in _INHERITED},
        **made(by, now),
    )


def _choice(wish: CallOffIn) -> DirectAwardIn:
    if wish.supplier_id is None or wish.reason is None:
        told = Text("须填供应商与公开理由", "name the supplier and the public reason")
        raise tender_rules.WrongTender(errors=[FieldError("/supplier_id", None, told)])
    return DirectAwardIn(supplier_id=wish.supplier_id, value_fen=wish.value_fen, reason=wish.reason)
