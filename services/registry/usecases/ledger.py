"""What moves the money of a fund: receipts, promises, payments, refunds, releases, returns.

Each command locks the fund, asks the rule, and writes entries; balances follow by the trigger.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.funds import (
    Ending,
    EntryKind,
    FundStatus,
    GrantIn,
    GrantStatus,
    MoneyIn,
)
from common.ids import uuid7
from registry import tables
from registry.domain import funds as rules
from registry.domain.areas import check_period
from registry.queries import dictionaries
from registry.queries import funds as queries
from registry.queries.references import must_exist
from registry.usecases.editing import PURPOSE
from registry.usecases.funds import open_fund, tell


async def move_money(
    session: AsyncSession,
    fund_id: UUID,
    kind: EntryKind,
    money: MoneyIn,
    *,
    by: Actor,
    now: datetime,
) -> tables.FundEntry:
    """Money arrives from the source, or goes back to it."""
    rules.check_booked(money.booked_on, city_day(now))
    fund = await open_fund(session, fund_id, by=by)
    _balance(fund).after(kind, money.amount_fen)
    entry = _entry(session, fund, kind, money, by=by, now=now)
    await queries.reload(session, fund)
    tell(session, fund, by, kind, after=_told(entry))
    return entry


async def promise(
    session: AsyncSession, fund_id: UUID, wish: GrantIn, *, by: Actor, now: datetime
) -> tables.FundGrant:
    """Promise money of a fund; as much is committed at once."""
    fund = await open_fund(session, fund_id, by=by)
    check_period(wish.valid_from, wish.valid_to)
    await _check_grant(session, fund, wish, now=now)
    _balance(fund).after(EntryKind.COMMITMENT, wish.amount_fen)

    values = wish.model_dump(exclude={"document_number"})
    grant = tables.FundGrant(
        fund_id=fund.id,
        **values,
        status=GrantStatus.OPEN,
        made_at=now,
        made_by=by.alias(PURPOSE),
    )
    session.add(grant)
    await session.flush()
    money = MoneyIn(
        amount_fen=wish.amount_fen,
        booked_on=city_day(now),
        document_number=wish.document_number,
    )
    _entry(session, fund, EntryKind.COMMITMENT, money, grant=grant, by=by, now=now)
    await queries.reload(session, fund, grant)
    after = wish.model_dump(mode="json", exclude_none=True) | {"grant_id": str(grant.id)}
    tell(session, fund, by, "promise", after=after)
    return grant


async def move_granted(
    session: AsyncSession,
    fund_id: UUID,
    grant_id: UUID,
    kind: EntryKind,
    money: MoneyIn,
    *,
    by: Actor,
    now: datetime,
) -> tables.FundEntry:
    """Pay on a grant, or take back what was paid: of a closed fund it goes on to the source."""
    rules.check_booked(money.booked_on, city_day(now))
    fund = await _fund_of(session, fund_id, kind, by=by)
    grant = await queries.grant(session, fund.id, grant_id)
    if kind is EntryKind.PAYMENT and grant.status == GrantStatus.ENDED:
        raise rules.GrantEnded
    rules.Balance(0, 0, grant.committed_fen, grant.spent_fen).after(kind, money.amount_fen)

    if fund.status == FundStatus.CLOSED:
        entry = await _through(session, fund, grant, money, by=by, now=now)
    else:
        entry = _entry(session, fund, kind, money, grant=grant, by=by, now=now)
    await queries.reload(session, fund, grant)
    tell(session, fund, by, kind, after=_told(entry))
    return entry


async def _fund_of(
    session: AsyncSession, fund_id: UUID, kind: EntryKind, *, by: Actor
) -> tables.Fund:
    """The fund, locked. What comes back is taken even when it is closed: it may come late."""
    if kind is not EntryKind.REFUND:
        return await open_fund(session, fund_id, by=by)
    fund = await queries.fund_for_update(session, fund_id)
    by.must_cover(fund.area_code)
    return fund


async def _through(
    session: AsyncSession,
    fund: tables.Fund,
    grant: tables.FundGrant,
    money: MoneyIn,
    *,
    by: Actor,
    now: datetime,
) -> tables.FundEntry:
    """A refund that goes on to the source at once: a closed fund holds nothing in between."""
    back = _values(fund, EntryKind.REFUND, money, grant=grant, by=by, now=now)
    on = _values(fund, EntryKind.RETURN, money, grant=None, by=by, now=now)
    back["id"], on["id"] = sorted((back["id"], on["id"]))  # the ledger is read in this order
    await queries.post(session, [back, on])
    return await session.get_one(tables.FundEntry, (fund.id, back["id"]))


async def end_grant(
    session: AsyncSession, fund_id: UUID, grant_id: UUID, said: Ending, *, by: Actor, now: datetime
) -> tables.FundGrant:
    """End a grant; what was not paid becomes available again."""
    fund = await open_fund(session, fund_id, by=by)
    grant = await queries.grant(session, fund.id, grant_id)
    if grant.status == GrantStatus.ENDED:
        raise rules.GrantEnded
    if grant.committed_fen:
        money = MoneyIn(
            amount_fen=grant.committed_fen,
            booked_on=city_day(now),
            document_number=said.document_number,
            note=said.reason,
        )
        _entry(session, fund, EntryKind.RELEASE, money, grant=grant, by=by, now=now)
        await queries.reload(session, fund, grant)
    grant.status, grant.end_reason = GrantStatus.ENDED, said.reason
    told = {"grant_id": str(grant.id), "status": grant.status}
    tell(session, fund, by, "end_grant", after=told, reason=said.reason)
    return grant


def _entry(
    session: AsyncSession,
    fund: tables.Fund,
    kind: EntryKind,
    money: MoneyIn,
    *,
    by: Actor,
    now: datetime,
    grant: tables.FundGrant | None = None,
) -> tables.FundEntry:
    entry = tables.FundEntry(**_values(fund, kind, money, grant=grant, by=by, now=now))
    session.add(entry)
    return entry


def _values(
    fund: tables.Fund,
    kind: EntryKind,
    money: MoneyIn,
    *,
    grant: tables.FundGrant | None,
    by: Actor,
    now: datetime,
) -> dict[str, Any]:
    giver, taker = rules.LEGS[kind]
    return {
        "id": uuid7(),
        "fund_id": fund.id,
        "grant_id": None if grant is None else grant.id,
        "kind": kind,
        "from_account": giver,
        "to_account": taker,
        **money.model_dump(),
        "made_at": now,
        "made_by": by.alias(PURPOSE),
    }


def _balance(fund: tables.Fund) -> rules.Balance:
    missing = fund.amount_fen - fund.received_fen
    return rules.Balance(missing, fund.available_fen, fund.committed_fen, fund.spent_fen)


async def _check_grant(
    session: AsyncSession, fund: tables.Fund, wish: GrantIn, *, now: datetime
) -> None:
    words = {"/category": (Dictionary.SERVICE_CATEGORY, wish.category)}
    await dictionaries.must_know(session, words, on=city_day(now))
    references: tuple[tuple[type[Any], str], ...] = (
        (tables.Organisation, "recipient_id"),
        (tables.Venue, "venue_id"),
        (tables.ServiceItem, "service_item_id"),
        (tables.Programme, "programme_id"),
        (tables.Concession, "concession_id"),
    )
    for table, name in references:
        await must_exist(session, table, {f"/{name}": getattr(wish, name)})
    within = (
        None
        if fund.category is None
        else await dictionaries.codes_under(session, Dictionary.SERVICE_CATEGORY, fund.category)
    )
    period: tuple[date, date] = (wish.valid_from, wish.valid_to)
    rules.check_grant(
        is_to_somebody=wish.recipient_id is not None or wish.venue_id is not None,
        period=period,
        fund_period=(fund.valid_from, fund.valid_to),
        is_earmark_kept=within is None or wish.category in within,
        is_of_concession=await _is_of_concession(session, wish),
    )


async def _is_of_concession(session: AsyncSession, wish: GrantIn) -> bool:
    """Whether a grant is for whom and where its concession is, if it names one."""
    if wish.concession_id is None:
        return True
    concession = await session.get_one(tables.Concession, wish.concession_id)
    there = wish.venue_id in (None, concession.venue_id)
    return there and wish.recipient_id in (None, concession.operator_id)


def _told(entry: tables.FundEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "amount_fen": entry.amount_fen,
        "grant_id": entry.grant_id,
        "document_number": entry.document_number,
    }
