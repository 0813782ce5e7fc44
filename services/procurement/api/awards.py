"""Awards and frameworks over HTTP: decided, announced, placed under a framework; read by all."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_panels as contracts
from common.contracts.base import Page
from common.contracts.procurement_tender_cases import TenderCase
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from procurement import tables
from procurement.api.parameters import OcidPrefix, OcidPrefixNotSet
from procurement.domain import frameworks as framework_rules
from procurement.domain import tenders as tender_rules
from procurement.domain.clocks import PeriodTooShort
from procurement.domain.contracts import AwardContracted
from procurement.domain.opening import TooFewSuppliers
from procurement.domain.providers import CandidateUnfit, ProviderExcluded
from procurement.queries import awards as queries
from procurement.queries import tenders as tender_queries
from procurement.usecases import awards as usecases
from procurement.usecases import frameworks, nobody_left
from procurement.usecases.buyers import ForeignBuyer

router = APIRouter(prefix="/v1", tags=["awards"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.TENDER_READ)]
Awarder = Annotated[Actor, needs(Permission.AWARD_WRITE)]
_STANDING = (NotFound, OutOfArea, tender_rules.TenderCannotMove, tender_rules.TenderSuspended)
_MOVING = (*_STANDING, PreconditionFailed, PreconditionRequired)
_FRAMEWORK = (framework_rules.NotOfTheFramework, tender_rules.WrongTender)


@router.get("/awards", responses=problems(BadPageToken))
async def list_awards(
    session: Session,
    actor: Reader,
    tender_id: UUID | None = None,
    supplier_id: UUID | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Award]:
    """已公告的成交、中标、入围结果 / Published awards, newest first."""
    rows = await queries.page(
        session,
        actor,
        tender_id=tender_id,
        supplier_id=supplier_id,
        after=id_after(after),
        limit=limit,
    )
    found = page(rows, limit, lambda row: (row.id,))
    items = [contracts.Award.model_validate(row) for row in found["items"]]
    return Page[contracts.Award](items=items, next=found["next"])


@router.get("/awards/{award_id}", responses=problems(NotFound))
async def read_award(award_id: UUID, session: Session, actor: Reader) -> contracts.Award:
    """一项成交结果 / One award."""
    return contracts.Award.model_validate(await queries.found(session, actor, award_id))


@router.post(
    "/tenders/{tender_id}/award",
    responses=problems(
        *(*_MOVING, tender_rules.WrongTender, usecases.NobodyLeft, TooFewSuppliers),
        *(AwardContracted, CandidateUnfit),
    ),
)
async def award(
    tender_id: UUID,
    said: contracts.AwardIn,
    session: Session,
    actor: Awarder,
    now: Now,
    version: IfMatch,
    response: Response,
) -> TenderCase:
    """按排序确定成交（框架为入围） / Award in the order of the ranking."""
    row = await usecases.decide(session, tender_id, said, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.post(
    "/tenders/{tender_id}/failure",
    responses=problems(*_MOVING, nobody_left.CandidatesLeft, AwardContracted),
)
async def end_without_award(
    tender_id: UUID,
    said: contracts.FailureIn,
    session: Session,
    actor: Awarder,
    now: Now,
    version: IfMatch,
    response: Response,
) -> TenderCase:
    """候选供应商均已放弃，废标并释放资金 / End a tender whose candidates have all declined."""
    row = await nobody_left.end(session, tender_id, said, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.post(
    "/tenders/{tender_id}/direct-award",
    responses=problems(
        *(*_MOVING, tender_rules.WrongTender, tender_rules.AdditionTooLarge, PeriodTooShort),
        ProviderExcluded,
    ),
)
async def award_single_source(
    tender_id: UUID,
    said: contracts.DirectAwardIn,
    session: Session,
    actor: Awarder,
    now: Now,
    version: IfMatch,
    response: Response,
) -> TenderCase:
    """单一来源成交，核对理由、公示与比例 / Award to the single source, on its lawful ground."""
    row = await usecases.award_single_source(
        session, tender_id, said, version=version, by=actor, now=now
    )
    return await _answer(session, response, row)


@router.post("/tenders/{tender_id}/award-notice", responses=problems(*_MOVING))
async def announce_award(
    tender_id: UUID,
    session: Session,
    actor: Awarder,
    now: Now,
    version: IfMatch,
    response: Response,
) -> TenderCase:
    """公告结果并发出通知书 / Publish the result; contracts may be signed from here on."""
    row = await usecases.announce(session, tender_id, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.post(
    "/tenders/{tender_id}/call-offs",
    status_code=201,
    responses=problems(
        *(*_STANDING, *_FRAMEWORK, framework_rules.NotYourTurn, TooFewSuppliers),
        *(OcidPrefixNotSet, ForeignBuyer, ProviderExcluded),
    ),
)
async def call_off(
    tender_id: UUID,
    wish: contracts.CallOffIn,
    session: Session,
    actor: Awarder,
    now: Now,
    prefix: OcidPrefix,
    response: Response,
) -> TenderCase:
    """框架协议第二阶段：直接选定、轮候、服务对象选择、二次竞价 / Place a contract under it."""
    row = await frameworks.call_off(session, tender_id, wish, prefix=prefix, by=actor, now=now)
    response.headers["Location"] = f"tenders/{row.id}"
    return await _answer(session, response, row)


@router.post(
    "/tenders/{tender_id}/admissions",
    status_code=201,
    responses=problems(*_STANDING, *_FRAMEWORK, ProviderExcluded),
)
async def admit(
    tender_id: UUID, wish: contracts.AdmissionIn, session: Session, actor: Awarder, now: Now
) -> contracts.Award:
    """供应商加入开放式框架协议 / A supplier joins an open framework."""
    row = await frameworks.admit(session, tender_id, wish, by=actor, now=now)
    return contracts.Award.model_validate(row)


@router.post("/tenders/{tender_id}/removals", responses=problems(NotFound, OutOfArea))
async def remove(
    tender_id: UUID, wish: contracts.RemovalIn, session: Session, actor: Awarder, now: Now
) -> contracts.Award:
    """清退框架协议供应商，公开理由，不得再次加入 / Remove a supplier from a framework."""
    row = await frameworks.remove(session, tender_id, wish, by=actor, now=now)
    return contracts.Award.model_validate(row)


async def _answer(session: Session, response: Response, row: tables.Tender) -> TenderCase:
    await session.flush()
    tag(response, row.version)
    return await tender_queries.shown(session, row)
