"""Budget lines: passed, changed; money reserved by a tender, committed by a contract, paid.

`reserve`, `release`, `commit`, `give_back` and `pay` are for the use cases of tenders, contracts
and grants; they lock the lines in the order of their ids and write the ledger.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.contracts.procurement_budgets import BudgetLineIn, Draw, EntryKind, HolderKind, ReplanIn
from common.edge import must_match
from common.records import made, name_of, touch
from procurement import tables
from procurement.domain import ledger as rules
from procurement.queries import budgets as queries

_AMOUNTS: Final = ("reserved_fen", "committed_fen", "paid_fen")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds money of a line: a tender, a contract or a grant."""

    kind: HolderKind
    id: UUID


@dataclass(frozen=True, slots=True)
class Share:
    """How much of which line."""

    line_id: UUID
    fen: int


async def open_line(
    session: AsyncSession, passed: BudgetLineIn, *, by: Actor, now: datetime
) -> tables.BudgetLine:
    """Enter a line that was passed."""
    by.must_cover(passed.area_code)
    row = tables.BudgetLine(
        **passed.model_dump(), reserved_fen=0, committed_fen=0, paid_fen=0, **made(by, now)
    )
    session.add(row)
    await session.flush()
    await _enter(session, row, EntryKind.PLANNED, row.planned_fen, by=by, now=now)
    audit.note(
        session,
        by,
        action="budget_line.open",
        target=("budget_line", row.id),
        area=row.area_code,
        after={"code": row.code, "year": row.year, "planned_fen": row.planned_fen},
    )
    return row


async def replan(
    session: AsyncSession,
    line_id: UUID,
    wanted: ReplanIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.BudgetLine:
    """Give a line another amount: at least what is spoken for."""
    await queries.found(session, by, line_id)
    row = (await queries.locked(session, [line_id]))[line_id]
    must_match(row.version, version)
    before = row.planned_fen
    row.planned_fen = rules.replanned(_balance(row), wanted.planned_fen).planned_fen
    row.document = wanted.document
    touch(row, by, now)
    await _enter(
        *(session, row, EntryKind.REPLANNED, row.planned_fen),
        by=by,
        now=now,
        document=wanted.document,
    )
    audit.note(
        session,
        by,
        action="budget_line.replan",
        target=("budget_line", row.id),
        area=row.area_code,
        before={"planned_fen": before},
        after={"planned_fen": row.planned_fen},
        reason=wanted.document,
    )
    return row


async def payable_from(
    session: AsyncSession, draws: Sequence[Draw], buyer_id: UUID, *, by: Actor, at: str = "/draws"
) -> Mapping[UUID, tables.BudgetLine]:
    """The lines that somebody wants to draw on: of the caller's area, and the buyer's own."""
    lines = await queries.lines(session, [draw.line_id for draw in draws])
    for line in lines.values():
        by.must_cover(line.area_code)
    rules.check_payer(_owned(lines, draws), buyer_id, at=at)
    return lines


async def reserve(
    session: AsyncSession,
    holder: Holder,
    shares: Sequence[Share],
    *,
    buyer_id: UUID,
    by: Actor,
    now: datetime,
) -> None:
    """Hold a buyer's money for a purchase. Raises `BudgetExceeded` and holds nothing at all.

    Whoever signs last sets this off, so only the lines are looked at, not the caller's area.
    """
    lines = await queries.lines(session, [share.line_id for share in shares])
    rules.check_payer(_owned(lines, shares), buyer_id)
    await _move(session, EntryKind.RESERVED, holder, shares, by=by, now=now)


async def release(
    session: AsyncSession, holder: Holder, *, by: Actor, now: datetime
) -> Sequence[Share]:
    """Give back all that a purchase has reserved and not committed; what that was."""
    claims = await queries.claims_of(session, holder.id)
    shares = [Share(each.line_id, each.reserved_fen) for each in claims if each.reserved_fen]
    await _move(session, EntryKind.RELEASED, holder, shares, by=by, now=now)
    return shares


async def commit(
    session: AsyncSession,
    holder: Holder,
    shares: Sequence[Share],
    *,
    to: Holder,
    by: Actor,
    now: datetime,
) -> None:
    """Turn what a tender reserved into the commitment of a contract."""
    await _move(session, EntryKind.COMMITTED, holder, shares, to=to, by=by, now=now)


async def give_back(
    session: AsyncSession,
    holder: Holder,
    *,
    by: Actor,
    now: datetime,
    kept: Mapping[UUID, int] | None = None,
) -> Sequence[Share]:
    """Give back all that a contract or grant committed and will not pay; what that was."""
    stays = kept or {}
    left = {
        each.line_id: each.committed_fen - stays.get(each.line_id, 0)
        for each in await queries.claims_of(session, holder.id)
    }
    shares = [Share(line_id, fen) for line_id, fen in left.items() if fen]
    await _move(session, EntryKind.RETURNED, holder, shares, by=by, now=now)
    return shares


async def pay(
    session: AsyncSession, holder: Holder, shares: Sequence[Share], *, by: Actor, now: datetime
) -> None:
    """Pay out of what a contract or grant has committed."""
    await _move(session, EntryKind.PAID, holder, shares, by=by, now=now)


async def _move(
    session: AsyncSession,
    kind: EntryKind,
    holder: Holder,
    shares: Sequence[Share],
    *,
    by: Actor,
    now: datetime,
    to: Holder | None = None,
) -> None:
    """Move money on every line or on none; the lines are locked in the order of their ids."""
    if not shares:
        return
    lines = await queries.locked(session, [share.line_id for share in shares])
    for share in shares:
        line = lines[share.line_id]
        _take(line, rules.entered(_balance(line), kind, share.fen))
        await _book(session, kind, holder, share, to=to or holder)
        touch(line, by, now)
        await _enter(session, line, kind, share.fen, holder=to or holder, by=by, now=now)


async def _book(
    session: AsyncSession, kind: EntryKind, holder: Holder, share: Share, *, to: Holder
) -> None:
    """Move the money between what the holders have on the line."""
    origin, target = rules.ROUTES[kind]
    if origin is not None:
        source = await queries.claim(session, share.line_id, holder.id, holder.kind)
        rules.entered(rules.Balance(sum(_of(source)), *_of(source)), kind, share.fen)
        setattr(source, origin, getattr(source, origin) - share.fen)
    if target is not None:
        goal = await queries.claim(session, share.line_id, to.id, to.kind)
        setattr(goal, target, getattr(goal, target) + share.fen)
    await session.flush()


async def _enter(
    session: AsyncSession,
    line: tables.BudgetLine,
    kind: EntryKind,
    fen: int,
    *,
    by: Actor,
    now: datetime,
    holder: Holder | None = None,
    document: str | None = None,
) -> None:
    session.add(
        tables.LedgerEntry(
            line_id=line.id,
            number=await queries.next_number(session, line.id),
            kind=kind,
            amount_fen=fen,
            holder_id=holder.id if holder else None,
            document=document,
            made_at=now,
            made_by=name_of(by),
        )
    )
    await session.flush()


def _owned(
    lines: Mapping[UUID, tables.BudgetLine], named: Sequence[Draw | Share]
) -> Sequence[tuple[UUID, UUID]]:
    return [(each.line_id, lines[each.line_id].buyer_id) for each in named]


def _balance(line: tables.BudgetLine) -> rules.Balance:
    return rules.Balance(line.planned_fen, *_of(line))


def _of(row: tables.BudgetLine | tables.BudgetClaim) -> tuple[int, int, int]:
    return row.reserved_fen, row.committed_fen, row.paid_fen


def _take(line: tables.BudgetLine, balance: rules.Balance) -> None:
    for name in _AMOUNTS:
        setattr(line, name, getattr(balance, name))
