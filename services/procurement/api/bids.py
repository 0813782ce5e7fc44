"""Sealed bids over HTTP: in before the deadline, revealed in the window, told after the opening."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_bids as contracts
from common.contracts.procurement_tender_cases import TenderCase
from common.contracts.procurement_tenders import NoticeIn
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.route import TransactionRoute
from procurement.api.parameters import AllKeys
from procurement.domain import conditions, frameworks, sealing
from procurement.domain import opening as rules
from procurement.domain import panels as panel_rules
from procurement.domain import tenders as tender_rules
from procurement.domain.clocks import PeriodTooShort, TooEarly, TooLate
from procurement.queries import bids as queries
from procurement.queries import tenders as tender_queries
from procurement.usecases import bids as usecases
from procurement.usecases import checks, opening, reading
from procurement.usecases.panels import ChecksOpen, NotOnThePanel

router = APIRouter(prefix="/v1/tenders/{tender_id}", tags=["bids"], route_class=TransactionRoute)

Bidder = Annotated[Actor, needs(Permission.BID_WRITE)]
Revealer = Annotated[Actor, needs(Permission.BID_REVEAL)]
Opener = Annotated[Actor, needs(Permission.BID_OPEN)]
Reader = Annotated[Actor, needs(Permission.BID_READ)]
Member = Annotated[Actor, needs(Permission.EVALUATION_WRITE)]
_STANDING = (NotFound, OutOfArea, tender_rules.TenderCannotMove, tender_rules.TenderSuspended)
_PANEL = (NotOnThePanel, panel_rules.NotTheBuyers, panel_rules.PartialMember)
_READING = (NotFound, OutOfArea, *_PANEL, reading.NotYourTender, rules.BidsSealed)
_BIDDING = (NotFound, NotYourOrganisation, rules.BidTooEarly, tender_rules.TenderSuspended)
_TAKING = (*_BIDDING, rules.BidTooLate)


@router.post(
    "/bids",
    status_code=201,
    responses=problems(
        *(*_TAKING, usecases.NotInvited, usecases.NoFinalOffer, usecases.BidsAtOnce),
        frameworks.NotOfTheFramework,
    ),
)
async def submit_bid(
    tender_id: UUID,
    bid: contracts.BidIn,
    session: Session,
    actor: Bidder,
    now: Now,
    keys: AllKeys,
) -> contracts.Receipt:
    """提交密封响应：只交承诺，不交内容 / Hand in a sealed bid: commitments alone, no content."""
    return await usecases.submit(session, tender_id, bid, keys, by=actor, now=now)


@router.post("/bids/withdrawal", responses=problems(*_TAKING))
async def withdraw_bid(
    tender_id: UUID, session: Session, actor: Bidder, now: Now, keys: AllKeys
) -> contracts.Receipt:
    """截止前撤回响应 / Take a bid back before the deadline."""
    return await usecases.withdraw(session, tender_id, keys, by=actor, now=now)


@router.post(
    "/bids/reveal",
    responses=problems(
        *(*_BIDDING, rules.RevealClosed),
        *(sealing.RevealDoesNotMatch, sealing.BidUnreadable),
    ),
)
async def reveal_bid(
    tender_id: UUID,
    said: contracts.RevealIn,
    session: Session,
    actor: Revealer,
    now: Now,
    keys: AllKeys,
) -> contracts.Receipt:
    """窗口内提交密文与密钥；不解密即无效 / Reveal in the window; unrevealed bids do not count."""
    return await usecases.reveal(session, tender_id, said, keys, by=actor, now=now)


@router.get("/bids/own", responses=problems(NotYourOrganisation))
async def own_bids(
    tender_id: UUID, session: Session, actor: Bidder, keys: AllKeys
) -> list[contracts.Receipt]:
    """本机构已提交的响应回执 / Receipts of the caller's own bids."""
    return await usecases.own(session, tender_id, keys, by=actor)


@router.get("/bids", responses=problems(*_READING))
async def list_bids(
    tender_id: UUID, session: Session, actor: Reader, keys: AllKeys
) -> list[contracts.Bid]:
    """开标后的响应；磋商、谈判公告成交前供应商只见自己的 / Bids, after the opening."""
    return await reading.opened_bids(session, tender_id, keys, by=actor)


@router.post(
    "/opening",
    responses=problems(*_STANDING, PreconditionFailed, PreconditionRequired, TooEarly),
)
async def open_bids(
    tender_id: UUID,
    session: Session,
    actor: Opener,
    now: Now,
    keys: AllKeys,
    version: IfMatch,
) -> contracts.OpeningRecord:
    """开标：解密窗口结束后一次 / Open the bids, once, after the reveal window."""
    return await opening.open_bids(session, tender_id, keys, version=version, by=actor, now=now)


@router.get("/opening", responses=problems(*_READING))
async def read_opening(
    tender_id: UUID, session: Session, actor: Reader, keys: AllKeys
) -> contracts.OpeningRecord:
    """开标记录；磋商、谈判公告成交前供应商只见自己的 / The opening record."""
    row = await reading.opened_tender(session, tender_id, keys, by=actor)
    return await opening.recorded(session, row, by=actor)


@router.post(
    "/final-offers",
    responses=problems(
        *(*_STANDING, PreconditionFailed, PreconditionRequired, TooEarly, PeriodTooShort),
        ChecksOpen,
    ),
)
async def call_final_offers(
    tender_id: UUID,
    notice: NoticeIn,
    session: Session,
    actor: Opener,
    now: Now,
    version: IfMatch,
    response: Response,
) -> TenderCase:
    """磋商、谈判后征集最后报价，仍须密封 / Ask for final offers, sealed again."""
    row = await opening.call_final_offers(
        session, tender_id, notice, version=version, by=actor, now=now
    )
    await session.flush()
    tag(response, row.version)
    return await tender_queries.shown(session, row)


@router.post(
    "/bids/{bid_id}/conformity",
    responses=problems(
        *(*_STANDING, tender_rules.WrongTender, conditions.ConditionUnproven),
        conditions.CheckStands,
    ),
)
async def check_bid(
    tender_id: UUID,
    bid_id: UUID,
    said: contracts.ConformityIn,
    session: Session,
    actor: Opener,
    now: Now,
) -> contracts.Bid:
    """资格与符合性审查，逐项附证明 / Check a bid against each condition, by its proof."""
    row = await checks.check_bid(session, tender_id, bid_id, said, by=actor, now=now)
    return queries.shown(row)


@router.post("/price-review", responses=problems(*_STANDING, ChecksOpen))
async def review_prices(
    tender_id: UUID, session: Session, actor: Opener, now: Now
) -> list[contracts.Bid]:
    """异常低价审查：要求说明 / Ask for the reasons of abnormally low prices."""
    rows = await checks.review_prices(session, tender_id, by=actor, now=now)
    return [queries.shown(row) for row in rows]


@router.post(
    "/bids/{bid_id}/explanation", responses=problems(NotFound, NotYourOrganisation, TooLate)
)
async def explain_price(
    tender_id: UUID,
    bid_id: UUID,
    said: contracts.ExplanationIn,
    session: Session,
    actor: Bidder,
    now: Now,
) -> contracts.Bid:
    """供应商说明低价理由 / The bidder explains a low price."""
    row = await checks.explain(session, tender_id, bid_id, said, by=actor, now=now)
    return queries.shown(row)


@router.post(
    "/bids/{bid_id}/explanation-decision",
    responses=problems(
        NotFound,
        *_PANEL,
        TooEarly,
        tender_rules.TenderCannotMove,
        tender_rules.TenderSuspended,
    ),
)
async def decide_explanation(
    tender_id: UUID,
    bid_id: UUID,
    said: contracts.ExplanationDecision,
    session: Session,
    actor: Member,
    now: Now,
    keys: AllKeys,
) -> contracts.Bid:
    """评审小组认定说明 / The panel decides on an explanation."""
    row = await checks.decide_explanation(session, tender_id, bid_id, said, keys, by=actor, now=now)
    return queries.shown(row)
