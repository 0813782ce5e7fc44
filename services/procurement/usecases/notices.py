"""The notice that opens a purchase, questions and answers, amendments that move the deadline."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.procurement import OutcomeStage
from common.contracts.procurement_tenders import (
    AmendmentIn,
    AnswerIn,
    BoughtObject,
    CriterionIn,
    FrameworkForm,
    NoticeIn,
    QuestionIn,
    TenderStep,
)
from common.contracts.vocabulary import PurchaseMethod, SmallFirmReserve
from common.crypto.fields import FieldCipher, place
from common.errors import Conflict, FieldError, Text
from common.ids import uuid7
from procurement import tables
from procurement.domain import clocks, intentions, opening, panels
from procurement.domain import criteria as criteria_rules
from procurement.domain import tenders as rules
from procurement.domain.clocks import TooEarly, TooLate
from procurement.domain.reserves import check_reserve
from procurement.domain.second_tries import with_two
from procurement.domain.terms import Terms, frozen
from procurement.queries import tenders as queries
from procurement.usecases import agenda
from procurement.usecases.frameworks import competitors
from procurement.usecases.funding import must_be_funded
from procurement.usecases.holding import running
from procurement.usecases.second_tries import the_two
from procurement.usecases.splitting import must_be_whole
from procurement.usecases.steps import changed, move, taken_up
from procurement.usecases.tenders import PREPARING, in_force

M = PurchaseMethod
SCORED: Final = frozenset(
    {M.OPEN_TENDER, M.INVITED_TENDER, M.CONSULTATION, M.FRAMEWORK, M.SELECTION}
)
BID_PERIOD: Final = Text("响应截止时间", "the deadline of bids")
# The documents are there, and the notice stands, until the deadline: it leaves the days of each.
PERIODS: Final = ("tender_period", "documents_available", "notice_period")
REVEAL_PERIOD: Final = Text("解密窗口末", "the end of the reveal window")


class FileIncomplete(Conflict):
    """A purchase is announced with its documents, and criteria where points decide."""

    slug = "file-incomplete"
    title = Text("采购文件不完整", "The file is incomplete")
    detail = Text("公告前须先提交{missing}。", "Before the notice come {missing}.")


class ClarificationClosed(Conflict):
    """The time of questions is over."""

    slug = "enquiry-closed"
    title = Text("提问已截止", "No more questions")
    detail = Text("提问截止时间为 {due}。", "Questions were taken until {due}.")


async def announce(
    session: AsyncSession,
    tender_id: UUID,
    notice: NoticeIn,
    cipher: FieldCipher,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Tender:
    """Publish the notice. From here on the rules of this purchase are its own copy."""
    row = await taken_up(session, tender_id, *PREPARING, version=version, by=by, now=now)
    terms = await _terms(session, row, now)
    rules.must_be_here(is_conducted_elsewhere=row.is_conducted_elsewhere)
    if row.framework_id is None:
        await _check_file(session, row, terms)
        await must_be_whole(session, row, now)
        _check_reserve(row, terms)
        _check_intention(row, notice, terms, now)
    _check_periods(row, notice, terms, now)
    seed = os.urandom(32)
    await _invite(session, row, _asked(notice, seed), terms, now)
    if row.method != M.FRAMEWORK or row.framework_id is not None:
        await must_be_funded(session, row)
    row.panel_seed = cipher.seal(seed.hex(), context=place("tender", "panel_seed", row.id))
    move(
        *(session, row, TenderStep.TENDERING),
        by=by,
        now=now,
        rules=terms.kept(),
        suppliers_least=opening.least_of_all(terms).number,
        panel_commitment=panels.commit(seed),
        notice_at=now,
        tender_period_start_at=now,
        **notice.model_dump(exclude={"invited_ids", "invite"}),
    )
    await agenda.follow(session, row, OutcomeStage.TENDERING, now=now)
    return row


async def ask(
    session: AsyncSession,
    tender_id: UUID,
    question: QuestionIn,
    cipher: FieldCipher,
    *,
    by: Actor,
    now: datetime,
) -> tables.TenderQuestion:
    """Ask about the documents. Who asked stays unknown to the buyer and to the audit."""
    row = await queries.steady(session, tender_id)
    rules.must_be(TenderStep(row.step), TenderStep.TENDERING)
    until = running(row, now).enquiry_period_end_at
    if until is not None and now >= until:
        raise ClarificationClosed(due=until)
    question_id = uuid7()
    asked = tables.TenderQuestion(
        tender_id=row.id,
        id=question_id,
        text=question.text,
        asker=cipher.seal(str(by.org), context=place("tender_question", "asker", question_id)),
        asked_at=now,
    )
    session.add(asked)
    return asked


async def answer(
    session: AsyncSession,
    tender_id: UUID,
    question_id: UUID,
    said: AnswerIn,
    *,
    by: Actor,
    now: datetime,
) -> tables.TenderQuestion:
    """Answer a question, for everybody to read."""
    row = await taken_up(session, tender_id, TenderStep.TENDERING, version=None, by=by, now=now)
    asked = await queries.question(session, row.id, question_id)
    asked.answer, asked.answered_at = said.text, now
    changed(session, row, "tender.answer", by=by, now=now, question=question_id)
    return asked


async def amend(
    session: AsyncSession,
    tender_id: UUID,
    said: AmendmentIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Tender:
    """Change the documents; one that matters moves the deadline where time is short.

    The clock moves with everything behind it. Source: 条例 31.
    """
    row = await taken_up(session, tender_id, TenderStep.TENDERING, version=version, by=by, now=now)
    before, reveal = row.tender_period_end_at, row.reveal_period_end_at
    if before is None or reveal is None or now >= before:
        raise TooLate(due=before, rule="reg.31.clarification")
    after = _moved(row, said, before, now)
    number = len(await queries.amendments(session, row.id)) + 1
    session.add(
        tables.TenderAmendment(
            tender_id=row.id,
            number=number,
            text=said.text,
            affects_bids=said.affects_bids,
            made_at=now,
            period_end_before_at=before,
            period_end_after_at=after,
        )
    )
    row.tender_period_end_at, row.reveal_period_end_at = after, reveal + (after - before)
    changed(session, row, "tender.amend", by=by, now=now, number=number, deadline=after)
    return row


def _moved(row: tables.Tender, said: AmendmentIn, before: datetime, now: datetime) -> datetime:
    terms, after = queries.terms_of(row), said.tender_period_end_at or before
    if after < before:
        told = Text(f"只能顺延，不早于 {before}", f"a deadline only moves on, from {before}")
        raise rules.WrongTender(errors=[FieldError("/tender_period_end_at", str(after), told)])
    if said.affects_bids and "clarification_before_deadline" in terms:
        rule = terms["clarification_before_deadline"]
        after = max(after, clocks.moved_deadline(rule, now, before, official_calendar()))
    return after


async def _terms(session: AsyncSession, row: tables.Tender, now: datetime) -> Terms:
    """The rules that hold now; those of its framework for a call-off."""
    if row.framework_id is not None:
        return queries.terms_of(row)
    held = await in_force(session, row.area_code, now)
    method, bought = PurchaseMethod(row.method), BoughtObject(row.object)
    rules.check_purchasable(row.contents, row.category, held)
    by_amount = rules.check_method(
        *(method, bought, row.value_fen, held),
        approval_number=row.approval_number,
        is_conducted_elsewhere=row.is_conducted_elsewhere,
    )
    terms = frozen(method, bought, held)
    more = {rule.parameter: rule for rule in by_amount}
    is_second_try = row.failed_tender_id is not None
    limit = more.get(rules.LIMIT)
    if intentions.is_owed(method, row.value_fen, limit, is_second_try=is_second_try):
        more[intentions.INTENTION] = held.setting(intentions.INTENTION, "purchase")
    terms = Terms({**terms.rules, **more}, terms.day, row.area_code)
    return with_two(terms, held) if is_second_try else terms


async def _check_file(session: AsyncSession, row: tables.Tender, terms: Terms) -> None:
    criteria = await queries.criteria(session, row.id)
    if row.method in SCORED and not criteria:
        raise FileIncomplete(missing=Text("评审因素", "the criteria"))
    if not await queries.documents(session, row.id):
        raise FileIncomplete(missing=Text("采购文件", "the documents"))
    given = [CriterionIn.model_validate(each, from_attributes=True) for each in criteria]
    criteria_rules.check_criteria(given, terms)
    if row.method == M.SINGLE_SOURCE or row.framework_form == FrameworkForm.OPEN:
        return  # nobody competes, so nothing is weighed
    weights = criteria_rules.Weights(
        *(row.price_weight, row.is_price_fixed),
        *(row.small_firm_deduction, row.consortium_deduction),
    )
    criteria_rules.check_weights(PurchaseMethod(row.method), given, weights, terms)


def _check_reserve(row: tables.Tender, terms: Terms) -> None:
    said = row.small_firm_reserve
    check_reserve(
        *(None if said is None else SmallFirmReserve(said), row.value_fen, terms),
        method=PurchaseMethod(row.method),
        has_deduction=row.small_firm_deduction is not None,
    )


def _check_intention(row: tables.Tender, notice: NoticeIn, terms: Terms, now: datetime) -> None:
    if intentions.INTENTION in terms:
        intentions.check_intention(
            *(row.intention_at, city_day(now), terms[intentions.INTENTION], official_calendar()),
            waiver=notice.intention_waiver,
        )


def _check_periods(row: tables.Tender, notice: NoticeIn, terms: Terms, now: datetime) -> None:
    """The deadline leaves the days of the law, the reveal window its minutes."""
    end = notice.tender_period_end_at
    periods = ("call_off_period",) if row.framework_id is not None else PERIODS
    if end <= now:
        raise TooEarly(at=now, what=BID_PERIOD)
    for period in periods:
        if period in terms:
            clocks.check_period(BID_PERIOD, terms[period], now, end, official_calendar())
    if not now < notice.enquiry_period_end_at <= end:
        told = Text(f"应晚于 {now}，不晚于 {end}", f"after {now}, not after {end}")
        given = str(notice.enquiry_period_end_at)
        raise rules.WrongTender(errors=[FieldError("/enquiry_period_end_at", given, told)])
    clocks.check_minutes(REVEAL_PERIOD, terms["reveal_window"], end, notice.reveal_period_end_at)


def _asked(notice: NoticeIn, seed: bytes) -> list[UUID]:
    """Who is asked, drawn at random from the candidates by the seed that the notice commits to.

    Source: 政府采购法 34. The seed is told with the draw of the panel, and the draw repeats.
    """
    candidates = panels.order(seed, set(notice.invited_ids))
    return candidates if notice.invite is None else candidates[: notice.invite]


async def _invite(
    session: AsyncSession,
    row: tables.Tender,
    wanted: Sequence[UUID],
    terms: Terms,
    now: datetime,
) -> None:
    """Who may bid where not everybody may: those asked, or the members of the framework."""
    asked = list(wanted)
    if row.framework_id is not None:
        asked = [*await competitors(session, row.framework_id, now)]
    elif row.failed_tender_id is not None:
        asked = [*await the_two(session, row.failed_tender_id, wanted)]
    elif row.method == M.INVITED_TENDER:
        opening.must_suffice(terms["suppliers"], len(asked))
    elif asked:
        told = Text(
            "仅邀请招标、二次竞价和废标后的谈判有邀请名单，请留空",
            "only invited tenders, call-offs and second tries invite; leave it empty",
        )
        raise rules.WrongTender(errors=[FieldError("/invited_ids", [*map(str, asked)], told)])
    session.add_all(
        tables.TenderInvitation(tender_id=row.id, organisation_id=each, invited_at=now)
        for each in asked
    )
