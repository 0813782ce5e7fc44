"""Purchases over HTTP: prepared, announced, asked about, amended, cancelled; read by everybody."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_tender_cases as cases
from common.contracts import procurement_tenders as contracts
from common.contracts.base import Page
from common.contracts.shapes import DictionaryCode
from common.contracts.vocabulary import PurchaseMethod
from common.edge import Cipher, IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.lane_reading import reading
from common.paging import After, BadPageToken, Limit, id_after
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet, RulesDisagree
from procurement import shelf, tables
from procurement.api.parameters import Area, OcidPrefix, OcidPrefixNotSet
from procurement.domain import agenda as agenda_rules
from procurement.domain import clocks, intentions, reserves, second_tries
from procurement.domain import criteria as criteria_rules
from procurement.domain import frameworks as framework_rules
from procurement.domain import opening as opening_rules
from procurement.domain import tenders as rules
from procurement.queries import tenders as queries
from procurement.usecases import notices
from procurement.usecases import tenders as usecases
from procurement.usecases.buyers import ForeignBuyer
from procurement.usecases.funding import NotFunded

router = APIRouter(prefix="/v1", tags=["tenders"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.TENDER_READ)]
Writer = Annotated[Actor, needs(Permission.TENDER_WRITE)]
Publisher = Annotated[Actor, needs(Permission.TENDER_PUBLISH)]
Asker = Annotated[Actor, needs(Permission.TENDER_ASK)]
_RULES = (NoRule, RuleNotSet, RulesDisagree)
_MOVING = (
    *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
    *(rules.TenderCannotMove, rules.TenderSuspended),
)
_CRITERIA = (
    *(criteria_rules.CriterionDiscriminates, criteria_rules.CriterionNotQuantified),
    criteria_rules.WeightsWrong,
)


@router.get(
    "/tenders",
    response_model=Page[cases.TenderLine],
    responses={**shelf.NOT_MODIFIED, **problems(BadPageToken)},
)
async def list_tenders(
    request: Request,
    session: Session,
    actor: Reader,
    step: contracts.TenderStep | None = None,
    method: PurchaseMethod | None = None,
    category: DictionaryCode | None = None,
    area: Area = None,
    buyer_id: UUID | None = None,
    framework_id: UUID | None = None,
    agenda_item_id: UUID | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Response:
    """采购过程，最新在前；不透露是否已有响应 / Tenders, newest first; bids stay unknown."""
    filters = queries.Filters(
        *(step, method, category, area, buyer_id, framework_id, agenda_item_id)
    )
    rows = await queries.page(session, actor, filters, after=id_after(after), limit=limit)

    async def write(ids: Sequence[UUID]) -> dict[UUID, bytes]:
        return shelf.written((line.id, line) for line in await queries.lines(session, ids))

    return await shelf.page(request, "tender", rows, limit, write)


LANE: Final = reading(router, "/v1/tenders")


@router.get("/tenders/{tender_id}", response_model=cases.TenderCase, responses=problems(NotFound))
async def read_tender(
    tender_id: UUID, request: Request, session: Session, actor: Reader
) -> Response:
    """采购过程全貌：文件、时限、冻结的规则 / One tender with its documents, clocks and rules."""
    row = await queries.state(session, actor, tender_id)
    # A question is no new version of the tender, whose edits go on undisturbed.
    shape = f"tender with {row.questions} questions"

    async def write(_: Sequence[UUID]) -> dict[UUID, bytes]:
        case = await queries.shown(session, await queries.found(session, actor, tender_id))
        return shelf.written([(tender_id, case)])

    return await shelf.record(request, shape, row, write)


@router.post(
    "/tenders",
    status_code=201,
    responses=problems(
        *(OutOfArea, NotFound, rules.WrongTender, rules.NotPurchasable, *_RULES),
        *(agenda_rules.DeviationUnexplained, agenda_rules.ItemUnderWay),
        *(framework_rules.FrameworkTooLong, OcidPrefixNotSet, rules.TenderCannotMove),
        *(framework_rules.TopUpNotNeeded, framework_rules.NotToBeToppedUp, rules.TenderSuspended),
        *(framework_rules.NotOfTheFramework, second_tries.NotAfterFailedTender, ForeignBuyer),
    ),
)
async def prepare_tender(
    wish: contracts.TenderIn,
    session: Session,
    actor: Writer,
    now: Now,
    prefix: OcidPrefix,
    response: Response,
) -> cases.TenderCase:
    """准备采购，核对负面清单与指导性目录 / Prepare a tender; what must not be bought is refused."""
    row = await usecases.prepare(session, wish, prefix=prefix, by=actor, now=now)
    response.headers["Location"] = f"tenders/{row.id}"
    return await _answer(session, response, row)


@router.put("/tenders/{tender_id}/criteria", responses=problems(*_MOVING, *_CRITERIA, *_RULES))
async def set_criteria(
    tender_id: UUID,
    wish: contracts.CriteriaIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> cases.TenderCase:
    """资格条件与评审因素；未量化、有歧视的指出条款 / Criteria; unlawful ones name the article."""
    row = await usecases.set_criteria(session, tender_id, wish, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.post("/tenders/{tender_id}/documents", status_code=201, responses=problems(*_MOVING))
async def add_document(
    tender_id: UUID,
    document: contracts.DocumentIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> cases.TenderCase:
    """将文件归入采购档案 / Put a document into the file."""
    row = await usecases.add_document(session, tender_id, document, by=actor, now=now)
    return await _answer(session, response, row)


@router.post("/tenders/{tender_id}/intention", responses=problems(*_MOVING))
async def publish_intention(
    tender_id: UUID,
    session: Session,
    actor: Publisher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> cases.TenderCase:
    """公开采购意向 / Publish the intention to buy."""
    row = await usecases.intend(session, tender_id, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.post(
    "/tenders/{tender_id}/notice",
    responses=problems(
        *(*_MOVING, *_CRITERIA, *_RULES, rules.WrongTender, rules.NotPurchasable),
        *(rules.MethodNotAllowed, rules.PurchaseSplit),
        *(notices.FileIncomplete, clocks.PeriodTooShort),
        *(clocks.TooEarly, opening_rules.TooFewSuppliers, NotFunded),
        *(reserves.ReserveUnexplained, reserves.ReserveWrong, intentions.IntentionTooLate),
        framework_rules.NotOfTheFramework,
    ),
)
async def announce_tender(
    tender_id: UUID,
    notice: contracts.NoticeIn,
    session: Session,
    actor: Publisher,
    now: Now,
    cipher: Cipher,
    version: IfMatch,
    response: Response,
) -> cases.TenderCase:
    """发布公告，规则自此冻结 / Announce; from here on the rules of this tender stay as they are."""
    row = await notices.announce(
        session, tender_id, notice, cipher, version=version, by=actor, now=now
    )
    return await _answer(session, response, row)


@router.post(
    "/tenders/{tender_id}/questions",
    status_code=201,
    responses=problems(
        *(NotFound, rules.TenderCannotMove, rules.TenderSuspended, notices.ClarificationClosed)
    ),
)
async def ask_question(
    tender_id: UUID,
    question: contracts.QuestionIn,
    session: Session,
    actor: Asker,
    now: Now,
    cipher: Cipher,
) -> cases.Question:
    """对采购文件提问，提问人不公开 / Ask about the documents; who asked is never told."""
    row = await notices.ask(session, tender_id, question, cipher, by=actor, now=now)
    await session.flush()
    return queries.asked(row, await queries.steady(session, tender_id))


@router.post(
    "/tenders/{tender_id}/questions/{question_id}/answer",
    responses=problems(NotFound, OutOfArea, rules.TenderCannotMove, rules.TenderSuspended),
)
async def answer_question(
    tender_id: UUID,
    question_id: UUID,
    said: contracts.AnswerIn,
    session: Session,
    actor: Writer,
    now: Now,
) -> cases.Question:
    """答复提问，对所有人公开 / Answer a question, for everybody."""
    row = await notices.answer(session, tender_id, question_id, said, by=actor, now=now)
    return queries.asked(row, await queries.steady(session, tender_id))


@router.post(
    "/tenders/{tender_id}/amendments",
    responses=problems(*_MOVING, clocks.TooLate, rules.WrongTender),
)
async def amend_tender(
    tender_id: UUID,
    said: contracts.AmendmentIn,
    session: Session,
    actor: Publisher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> cases.TenderCase:
    """澄清或修改；影响响应编制且时间不足的顺延 / Amend; the deadline moves where time is short."""
    row = await notices.amend(session, tender_id, said, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.post("/tenders/{tender_id}/cancellation", responses=problems(*_MOVING))
async def cancel_tender(
    tender_id: UUID,
    said: contracts.CancellationIn,
    session: Session,
    actor: Publisher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> cases.TenderCase:
    """取消采购，公开理由 / End a tender without an award, for a public reason."""
    row = await usecases.cancel(session, tender_id, said, version=version, by=actor, now=now)
    return await _answer(session, response, row)


async def _answer(session: Session, response: Response, row: tables.Tender) -> cases.TenderCase:
    await session.flush()
    tag(response, row.version)
    return await queries.shown(session, row)
