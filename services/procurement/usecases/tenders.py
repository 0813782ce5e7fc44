"""Purchases in preparation: made, given criteria and documents, intended, cancelled."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement import OutcomeStage
from common.contracts.procurement_tenders import (
    BoughtObject,
    CancellationIn,
    CriteriaIn,
    DocumentIn,
    SingleSourceGround,
    TenderIn,
    TenderStep,
)
from common.contracts.vocabulary import PurchaseMethod
from common.errors import FieldError, Text
from common.ids import uuid7
from common.money import show_yuan
from common.records import made, name_of
from common.rules import RulesInForce
from common.rules_table import rule_table
from procurement import tables
from procurement.domain import criteria as criteria_rules
from procurement.domain import tenders as rules
from procurement.domain.frameworks import check_term
from procurement.domain.terms import frozen
from procurement.queries import tenders as queries
from procurement.usecases import agenda
from procurement.usecases.additions import check_original
from procurement.usecases.awards import cancel_live
from procurement.usecases.buyers import must_be_of_area
from procurement.usecases.frameworks import check_top_up
from procurement.usecases.funding import let_go
from procurement.usecases.second_tries import check_failed
from procurement.usecases.steps import KIND, changed, move, taken_up

PREPARING: Final = (TenderStep.PLANNING, TenderStep.INTENDED)
_ELSEWHERE: Final = {"deviations", "survey", "contents", "agenda_item_id"}


async def prepare(
    session: AsyncSession, wish: TenderIn, *, prefix: str, by: Actor, now: datetime
) -> tables.Tender:
    """A new purchase. What must not be bought is refused here, by the rule that says so."""
    by.must_cover(wish.area_code)
    await must_be_of_area(session, wish.buyer_id, "/buyer_id", by=by)
    _check(wish)
    held = await in_force(session, wish.area_code, now)
    rules.check_purchasable(wish.contents, wish.category, held)
    if wish.framework_ends_on is not None:
        term = held.setting("framework_term", wish.object, method=wish.method)
        check_term(city_day(now), wish.framework_ends_on, term)
    if wish.original_contract_id is not None:
        await check_original(session, wish, wish.original_contract_id)
    topped_up = None
    if wish.top_up_of_id is not None:
        topped_up = await check_top_up(session, wish, wish.top_up_of_id, held, now=now)
    failed = None
    if wish.failed_tender_id is not None:
        failed = await check_failed(session, wish, wish.failed_tender_id, held, now=now)
    tender_id = uuid7()
    row = tables.Tender(
        id=tender_id,
        framework_ocid=topped_up,
        failed_ocid=failed,
        ocid=f"{prefix}-{tender_id}",
        **wish.model_dump(exclude=_ELSEWHERE),
        contents=[each.value for each in wish.contents],
        agenda_item_id=wish.agenda_item_id,
        survey=None if wish.survey is None else wish.survey.model_dump(mode="json"),
        step=TenderStep.PLANNING,
        stage=1,
        round=1,
        rules=[],
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    await agenda.bind(session, row, wish, now=now)
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="tender.prepare",
        target=(KIND, row.id),
        area=row.area_code,
        after={"method": row.method, "value_fen": row.value_fen},
    )
    return row


async def set_criteria(
    session: AsyncSession,
    tender_id: UUID,
    wish: CriteriaIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Tender:
    """The criteria of the documents; one that discriminates or measures nothing is refused."""
    row = await taken_up(session, tender_id, *PREPARING, version=version, by=by, now=now)
    held = await in_force(session, row.area_code, now)
    terms = frozen(PurchaseMethod(row.method), BoughtObject(row.object), held)
    criteria_rules.check_criteria(wish.criteria, terms)
    await queries.drop_criteria(session, row.id)
    session.add_all(
        tables.TenderCriterion(
            tender_id=row.id,
            position=position,
            **each.model_dump(exclude={"bands"}),
            bands=[
                {"at_least": str(band.at_least), "points": str(band.points)} for band in each.bands
            ],
        )
        for position, each in enumerate(wish.criteria, start=1)
    )
    changed(session, row, "tender.criteria", by=by, now=now, criteria=len(wish.criteria))
    return row


async def add_document(
    session: AsyncSession, tender_id: UUID, document: DocumentIn, *, by: Actor, now: datetime
) -> tables.Tender:
    """Put a document into the file, at any time: a file only grows."""
    row = await queries.locked(session, tender_id)
    by.must_cover(row.area_code)
    session.add(
        tables.TenderDocument(
            tender_id=row.id, **document.model_dump(), added_at=now, added_by=name_of(by)
        )
    )
    changed(session, row, "tender.document", by=by, now=now, digest=document.digest)
    return row


async def intend(
    session: AsyncSession, tender_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.Tender:
    """Publish the intention to buy 采购意向."""
    row = await taken_up(session, tender_id, TenderStep.PLANNING, version=version, by=by, now=now)
    move(session, row, TenderStep.INTENDED, by=by, now=now, intention_at=now)
    return row


async def cancel(
    session: AsyncSession,
    tender_id: UUID,
    said: CancellationIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Tender:
    """End a purchase without an award, for a public reason. Source: 政府采购法 36.

    What was decided and not announced yet is taken back with it.
    """
    row = await taken_up(session, tender_id, version=version, by=by, now=now)
    rules.check_step(TenderStep(row.step), TenderStep.CANCELLED)
    await cancel_live(session, row, said.explanation, by=by, now=now)
    move(
        *(session, row, TenderStep.CANCELLED),
        by=by,
        now=now,
        reason=said.explanation,
        cancelled_at=now,
        cancel_reason=said.reason,
    )
    await let_go(session, row.id, by=by, now=now)
    await agenda.follow(session, row, OutcomeStage.RECEIVED, now=now, tender_id=None)
    return row


async def in_force(session: AsyncSession, area_code: str, now: datetime) -> RulesInForce:
    """The rules of today at a place."""
    return (await rule_table(session)).at(city_day(now), area_code)


def _check(wish: TenderIn) -> None:
    """Shape first: what belongs together stands together."""
    rules.check_shape(
        *(wish.method, wish.framework_form, wish.single_source_ground),
        ends_on=wish.framework_ends_on,
    )
    is_addition = wish.single_source_ground is SingleSourceGround.ADDITION
    if is_addition != (wish.original_contract_id is not None):
        told = Text("添购须填原合同，其他情形不填", "goes with an addition, and only with it")
        raise rules.WrongTender(
            errors=[FieldError("/original_contract_id", wish.original_contract_id, told)]
        )
    if (wish.top_up_of_id is None) != (wish.top_up_reason is None):
        told = Text("补充征集与其理由须一并填写", "a top-up and its reason go together")
        raise rules.WrongTender(errors=[FieldError("/top_up_reason", wish.top_up_reason, told)])
    if wish.ceiling_fen is not None and wish.ceiling_fen > wish.value_fen:
        most = show_yuan(wish.value_fen)
        told = Text(f"最高限价不得高于预算 {most}", f"not above the budget, {most}")
        raise rules.WrongTender(errors=[FieldError("/ceiling_fen", wish.ceiling_fen, told)])
