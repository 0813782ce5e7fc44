"""Contracts over HTTP: drawn up from an award, signed by both sides, published for everybody."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_contracts as contracts
from common.contracts.base import Page
from common.contracts.procurement import ContractStatus
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from procurement import shelf, tables
from procurement.domain import contracts as rules
from procurement.domain.costing import BelowWageGuide, ManagementTooDear
from procurement.domain.ledger import BudgetExceeded, MoreThanHeld, WrongFunding
from procurement.domain.plans import PlanCannotMove, PurchaseHasItem
from procurement.domain.providers import ProviderExcluded
from procurement.queries import contracts as queries
from procurement.usecases import contracts as usecases
from procurement.usecases import funding

router = APIRouter(prefix="/v1", tags=["contracts"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.CONTRACT_READ)]
Writer = Annotated[Actor, needs(Permission.CONTRACT_WRITE)]
Signer = Annotated[Actor, needs(Permission.CONTRACT_SIGN)]
Buyer = Annotated[Actor, needs(Permission.TENDER_WRITE)]
Desk = Annotated[Actor, needs(Permission.BUDGET_READ)]
Code = Annotated[str | None, Query(max_length=40)]
Area = Annotated[str | None, Query(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$")]
_MOVING = (
    *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
    rules.ContractCannotMove,
)
PARTS = (
    *(rules.WrongContract, rules.TermTooLong, BelowWageGuide, ManagementTooDear),
    *(WrongFunding, NoRule, RuleNotSet),
)


@router.get(
    "/contracts",
    response_model=Page[contracts.ContractLine],
    responses={**shelf.NOT_MODIFIED, **problems(BadPageToken)},
)
async def list_contracts(
    request: Request,
    session: Session,
    _: Reader,
    status: ContractStatus | None = None,
    provider_id: UUID | None = None,
    buyer_id: UUID | None = None,
    category: Code = None,
    area: Area = None,
    agenda_item_id: UUID | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Response:
    """已公告的合同 / Published contracts, oldest first."""
    filters = queries.Filters(status, provider_id, buyer_id, category, area, agenda_item_id)
    rows = await queries.page(session, filters, after=id_after(after), limit=limit)

    async def write(ids: Sequence[UUID]) -> dict[UUID, bytes]:
        return shelf.written((line.id, line) for line in await queries.lines(session, ids))

    return await shelf.page(request, "contract", rows, limit, write)


@router.get("/unfinished-contracts", responses=problems(BadPageToken))
async def list_unfinished_contracts(
    session: Session, actor: Signer, after: After = None, limit: Limit = 20
) -> Page[contracts.UnfinishedContract]:
    """待签署、待公告的合同及期限 / Contracts of the caller's side that wait, with their clocks."""
    rows = await queries.unfinished(session, actor, after=id_after(after), limit=limit)
    return Page[contracts.UnfinishedContract].model_validate(
        page(rows, limit, lambda row: (row.id,))
    )


@router.get("/contracts/{contract_id}", responses=problems(NotFound))
async def read_contract(
    session: Session, actor: Reader, response: Response, contract_id: UUID
) -> contracts.ContractCase:
    """一份合同：金额来源、成本测算、站点 / A contract with its money, costs and stations."""
    return await _answer(session, response, await queries.found(session, actor, contract_id))


@router.post(
    "/contracts",
    status_code=201,
    responses=problems(NotFound, OutOfArea, rules.NoAward, rules.AwardHasContract, *PARTS),
)
async def draw_up_contract(
    wanted: contracts.ContractIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.ContractCase:
    """按成交结果起草合同 / Draw a contract up from an award."""
    row = await usecases.draw_up(session, wanted, by=actor, now=now)
    response.headers["Location"] = f"contracts/{row.id}"
    return await _answer(session, response, row)


@router.post(
    "/contracts/{contract_id}/signature",
    responses=problems(
        *(*_MOVING, NotYourOrganisation, rules.SigningSuspended, rules.NoAward),
        *(MoreThanHeld, BudgetExceeded, WrongFunding, ProviderExcluded),
    ),
)
async def sign_contract(
    contract_id: UUID,
    session: Session,
    actor: Signer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ContractCase:
    """本方签署；双方签署后资金转为承诺 / Sign for one's side; the second one commits the money."""
    row = await usecases.sign(session, contract_id, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.post("/contracts/{contract_id}/publication", responses=problems(*_MOVING))
async def publish_contract(
    contract_id: UUID,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ContractCase:
    """公告合同 / Publish a signed contract."""
    row = await usecases.publish(session, contract_id, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.post("/contracts/{contract_id}/cancellation", responses=problems(*_MOVING))
async def cancel_contract(
    contract_id: UUID,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ContractCase:
    """撤销未签成的合同 / Give up a contract that was not signed by both."""
    row = await usecases.cancel(session, contract_id, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.get("/tenders/{tender_id}/funding", responses=problems(NotFound, OutOfArea))
async def read_funding(session: Session, actor: Desk, tender_id: UUID) -> contracts.TenderFunding:
    """采购的资金来源 / What a purchase holds on budget lines."""
    actor.must_cover(await queries.area_of_tender(session, tender_id))
    return await funding.funding_of(session, tender_id)


@router.post(
    "/tenders/{tender_id}/funding",
    responses=problems(
        *(NotFound, OutOfArea, BudgetExceeded, PlanCannotMove),
        *(funding.FundingSettled, WrongFunding, PurchaseHasItem),
    ),
)
async def fund_tender(
    tender_id: UUID, wanted: contracts.FundingIn, session: Session, actor: Buyer, now: Now
) -> contracts.TenderFunding:
    """落实采购资金：按专款预留 / Reserve the money of a purchase on earmarked lines."""
    return await funding.fund(session, tender_id, wanted, by=actor, now=now)


async def _answer(
    session: Session, response: Response, row: tables.Contract
) -> contracts.ContractCase:
    await session.flush()
    tag(response, row.version)
    return await queries.shown(session, row)
