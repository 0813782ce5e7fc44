"""Funds over HTTP: what they hold, whom they promised money, and their ledger line by line."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import funds as contracts
from common.contracts.registry.funds import EntryKind
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from registry.api.finding import key
from registry.api.parameters import AreaPrefix
from registry.domain.areas import WrongPeriod
from registry.domain.funds import (
    FundClosed,
    FundNotEmpty,
    GrantEnded,
    Overdrawn,
    WrongEntry,
    WrongFund,
    WrongGrant,
)
from registry.queries import funds as queries
from registry.queries.dictionaries import UnknownWord
from registry.queries.references import UnknownArea, UnknownReference
from registry.usecases import funds as usecases
from registry.usecases import ledger

router = APIRouter(prefix="/v1/funds", tags=["funds"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.FUND_READ)]
Writer = Annotated[Actor, needs(Permission.FUND_WRITE)]
Source = Annotated[str | None, Query(max_length=40, description="来源，字典 funding_source")]
Line = Annotated[str | None, Query(max_length=40, description="条线，字典 department_line")]
_INPUT = (OutOfArea, WrongPeriod, UnknownWord, UnknownReference, usecases.FundCodeTaken)
_EDIT = (NotFound, PreconditionFailed, PreconditionRequired, FundClosed)
_BOOK = (NotFound, OutOfArea, FundClosed, Overdrawn, WrongEntry)


@router.get("", responses=problems(BadPageToken))
async def list_funds(
    session: Session,
    actor: Reader,
    area: AreaPrefix = None,
    source: Source = None,
    line: Line = None,
    status: contracts.FundStatus | None = None,
    programme_id: Annotated[UUID | None, Query(description="项目 / programme")] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Fund]:
    """Funds of the caller's area with their balances, by area code."""
    wanted = queries.Filters(area, source, line, status, programme_id)
    rows = await queries.page(session, actor, wanted, after=key(after, None), limit=limit)
    items = [contracts.Fund.model_validate(row) for row in rows]
    return Page[contracts.Fund](**page(items, limit, lambda each: (each.area_code, each.id)))


@router.get("/{fund_id}", responses=problems(NotFound))
async def read_fund(
    session: Session, actor: Reader, response: Response, fund_id: UUID
) -> contracts.FundState:
    """One fund of the caller's area, with its grants."""
    return await _answer(session, actor, response, fund_id)


@router.post("", status_code=201, responses=problems(*_INPUT, UnknownArea))
async def add_fund(
    fund: contracts.FundIn, session: Session, actor: Writer, now: Now, response: Response
) -> contracts.FundState:
    """Record a fund; its ledger begins empty."""
    row = await usecases.add_fund(session, fund, by=actor, now=now)
    response.headers["Location"] = f"funds/{row.id}"
    return await _answer(session, actor, response, row.id)


@router.patch("/{fund_id}", responses=problems(*_EDIT, *_INPUT, WrongFund))
async def edit_fund(
    fund_id: UUID,
    patch: contracts.FundPatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.FundState:
    """Change an open fund."""
    await usecases.edit_fund(session, fund_id, patch, version=version, by=actor, now=now)
    return await _answer(session, actor, response, fund_id)


@router.post("/{fund_id}/closing", responses=problems(*_EDIT, OutOfArea, FundNotEmpty))
async def close_fund(
    fund_id: UUID, session: Session, actor: Writer, now: Now, version: IfMatch, response: Response
) -> contracts.FundState:
    """Close a fund of which nothing is left to pay or to return."""
    await usecases.close_fund(session, fund_id, version=version, by=actor, now=now)
    return await _answer(session, actor, response, fund_id)


@router.get("/{fund_id}/entries", responses=problems(NotFound, BadPageToken))
async def list_entries(
    session: Session, actor: Reader, fund_id: UUID, after: After = None, limit: Limit = 20
) -> Page[contracts.Entry]:
    """The ledger of a fund, the oldest entry first."""
    await queries.found(session, actor, fund_id)
    (last,) = key_of(after, UUID) or (None,)
    rows = await queries.entries(session, fund_id, after=last, limit=limit)
    items = [contracts.Entry.model_validate(row) for row in rows]
    return Page[contracts.Entry](**page(items, limit, lambda each: (each.id,)))


@router.post("/{fund_id}/receipts", status_code=201, responses=problems(*_BOOK))
async def receive(
    fund_id: UUID, money: contracts.MoneyIn, session: Session, actor: Writer, now: Now
) -> contracts.Entry:
    """Money has arrived from the source."""
    kind = EntryKind.RECEIPT
    entry = await ledger.move_money(session, fund_id, kind, money, by=actor, now=now)
    return contracts.Entry.model_validate(entry)


@router.post("/{fund_id}/returns", status_code=201, responses=problems(*_BOOK))
async def give_back(
    fund_id: UUID, money: contracts.MoneyIn, session: Session, actor: Writer, now: Now
) -> contracts.Entry:
    """Money goes back to the source."""
    kind = EntryKind.RETURN
    entry = await ledger.move_money(session, fund_id, kind, money, by=actor, now=now)
    return contracts.Entry.model_validate(entry)


@router.post(
    "/{fund_id}/grants",
    status_code=201,
    responses=problems(*_BOOK, WrongGrant, WrongPeriod, UnknownWord, UnknownReference),
)
async def promise(
    fund_id: UUID, wish: contracts.GrantIn, session: Session, actor: Writer, now: Now
) -> contracts.Grant:
    """Promise money to an organisation or for a venue; as much of the fund is committed at once."""
    grant = await ledger.promise(session, fund_id, wish, by=actor, now=now)
    return contracts.Grant.model_validate(grant)


@router.post(
    "/{fund_id}/grants/{grant_id}/payments",
    status_code=201,
    responses=problems(*_BOOK, GrantEnded),
)
async def pay(
    fund_id: UUID,
    grant_id: UUID,
    money: contracts.MoneyIn,
    session: Session,
    actor: Writer,
    now: Now,
) -> contracts.Entry:
    """Pay some of what was promised."""
    kind = EntryKind.PAYMENT
    entry = await ledger.move_granted(session, fund_id, grant_id, kind, money, by=actor, now=now)
    return contracts.Entry.model_validate(entry)


@router.post("/{fund_id}/grants/{grant_id}/refunds", status_code=201, responses=problems(*_BOOK))
async def refund(
    fund_id: UUID,
    grant_id: UUID,
    money: contracts.MoneyIn,
    session: Session,
    actor: Writer,
    now: Now,
) -> contracts.Entry:
    """Take back some of what was paid; when the fund is closed it goes on to the source."""
    kind = EntryKind.REFUND
    entry = await ledger.move_granted(session, fund_id, grant_id, kind, money, by=actor, now=now)
    return contracts.Entry.model_validate(entry)


@router.post("/{fund_id}/grants/{grant_id}/end", responses=problems(*_BOOK, GrantEnded))
async def end_grant(
    fund_id: UUID,
    grant_id: UUID,
    said: contracts.Ending,
    session: Session,
    actor: Writer,
    now: Now,
) -> contracts.Grant:
    """End a grant; what was not paid becomes available again."""
    grant = await ledger.end_grant(session, fund_id, grant_id, said, by=actor, now=now)
    return contracts.Grant.model_validate(grant)


async def _answer(
    session: Session, actor: Actor, response: Response, fund_id: UUID
) -> contracts.FundState:
    await session.flush()
    fund = await queries.found(session, actor, fund_id)
    tag(response, fund.version)
    return fund
