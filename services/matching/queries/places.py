"""Places: taken by one conditional statement, given back under the row's lock.

Locks are taken in one order everywhere: need, offering (by id), capacity (by key), referral, room.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Insert,
    Uuid,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.matching_referrals import Capacity
from common.contracts.registry.offerings import CapacityPeriod
from common.errors import NotFound, Text, Unavailable
from common.scope import by_area
from matching import tables
from matching.domain.places import Slot, Span

C, S, R = tables.Capacity, tables.Supply, tables.AllocationRun
WHAT: Final = Text("服务", "offering")
_COUNTED: Final = ("period", "places", "taken", "waiting", "excess")
_KEY: Final = tuple_(C.offering_id, C.starts_on, C.session)
_SLOT: Final = (
    C.offering_id == bindparam("slot_offering"),
    C.starts_on == bindparam("slot_starts"),
    C.session == bindparam("slot_session"),
)
# While a run decides, all places of its day are held for it, by its being there, without a word in
# the row; those of a session are not its affair. The words are those of the index on runs.
_RUNS: Final = select(1).where(R.status == literal_column("'running'"), ~R.is_dry)
_NO_SESSION: Final[ColumnElement[str]] = literal_column("''")
HELD_BY_A_RUN: Final = (C.session == _NO_SESSION) & exists(
    _RUNS.where(R.session_on.between(C.starts_on, C.ends_on)).correlate(C)
)


def fits(wanted: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether so many more places are left."""
    return C.places.is_(None) | (C.taken + wanted <= C.places)


# The whole of "never oversell": nobody reads first, the row itself decides.
TAKE: Final = (
    update(C)
    .where(
        *_SLOT,
        C.waiting == 0,
        fits(bindparam("wanted")),
        ~HELD_BY_A_RUN,
    )
    .values(taken=C.taken + bindparam("wanted"))
    .returning(C.taken)
    .execution_options(synchronize_session=False)
)
_STARTS: Final = bindparam("slot_starts", type_=C.starts_on.type)
_ENDS: Final = bindparam("slot_ends", type_=C.ends_on.type)
_SESSION: Final = bindparam("slot_session", type_=C.session.type)
_WANTED: Final = bindparam("wanted", type_=C.taken.type)
_JOIN: Final = (
    update(C)
    .where(*_SLOT)
    .values(waiting=C.waiting + 1)
    .returning(C.waiting)
    .execution_options(synchronize_session=False)
)
# Also where somebody waits and no place is free: who gives one back meanwhile waits until the run
# has ended, and calls himself.
_DAY_LOCKED: Final = text(
    "WITH ending AS (SELECT offering_id, starts_on FROM capacity WHERE session = ''"
    " AND offering_id = ANY(:offerings) AND starts_on <= :day AND ends_on >= :day"
    " UNION SELECT offering_id, starts_on FROM capacity WHERE session = ''"
    " AND waiting > 0 AND starts_on <= :day AND ends_on >= :day)"
    " SELECT count(*) FROM (SELECT FROM capacity c JOIN ending e ON c.session = ''"
    " AND c.offering_id = e.offering_id AND c.starts_on = e.starts_on"
    " ORDER BY c.offering_id, c.starts_on FOR UPDATE OF c) locked"
).bindparams(bindparam("offerings", type_=ARRAY(Uuid)))


class SupplyChanged(Unavailable):
    """The registry counts this offering's places by another period since a moment ago."""

    slug = "supply-changed"
    detail = Text("该服务的名额刚有变动，请重试。", "The places have just changed; try again.")


def named(slot: Slot) -> dict[str, Any]:
    """The parameters that name a slot in prepared statements."""
    return {
        "slot_offering": slot.offering_id,
        "slot_starts": slot.starts_on,
        "slot_session": slot.session,
    }


def take_first(*when: ColumnElement[bool]) -> Insert:
    """`TAKE` for a period nobody has asked for yet: its row comes with its first places.

    Reads the offering under a lock, as `open_slot` does; nothing where the row exists.
    """
    source = (
        select(S.offering_id, _STARTS, _SESSION, _ENDS, S.capacity_period, S.capacity, _WANTED)
        .add_columns(literal_column("0"), literal_column("0"))
        .where(
            S.offering_id == bindparam("slot_offering"),
            S.capacity_period == bindparam("slot_period"),
            S.capacity.is_(None) | (S.capacity >= _WANTED),
            (_SESSION != _NO_SESSION) | ~exists(_RUNS.where(R.session_on.between(_STARTS, _ENDS))),
            *when,
        )
        .with_for_update(read=True, of=S)
    )
    columns = ("offering_id", "starts_on", "session", "ends_on", *_COUNTED)
    return insert_unless(C).from_select(columns, source).on_conflict_do_nothing().returning(C.taken)


async def join(session: AsyncSession, slot: Slot) -> None:
    """One more waits. The row stays locked, so that nothing is freed unseen meanwhile."""
    if await session.scalar(_JOIN, named(slot)) is None:
        raise SupplyChanged


async def open_slot(session: AsyncSession, slot: Slot, span: Span, period: CapacityPeriod) -> None:
    """The row of a period nobody has asked for yet, with the places that stand published now.

    It reads the offering under a lock: a change of its places is either seen here, or finds this
    row. Nothing happens where the row exists, or the offering counts by another period by now.
    """
    nobody = (0, 0, 0)
    source = (
        select(
            S.offering_id,
            *(literal(value) for value in (slot.starts_on, slot.session, span.ends_on)),
            literal(period.value),
            S.capacity,
            *(literal(value) for value in nobody),
        )
        .where(S.offering_id == slot.offering_id, S.capacity_period == period)
        .with_for_update(read=True)
    )
    columns = ("offering_id", "starts_on", "session", "ends_on", *_COUNTED)
    await session.execute(insert_unless(C).from_select(columns, source).on_conflict_do_nothing())


async def is_there(session: AsyncSession, slot: Slot) -> bool:
    """Whether the period has a row."""
    return await session.scalar(select(1).where(tuple_(*slot) == _KEY)) is not None


async def is_held_by_a_run(session: AsyncSession, slot: Slot) -> bool:
    """Whether a run decides about the places of a period; asked under the row's lock."""
    held = select(1).where(tuple_(*slot) == _KEY, HELD_BY_A_RUN)
    return await session.scalar(held) is not None


async def locked(session: AsyncSession, slot: Slot) -> tables.Capacity:
    """The row of a period, locked and as it is now."""
    statement = select(C).where(tuple_(*slot) == _KEY).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise SupplyChanged
    return row


async def lock_all(session: AsyncSession, slots: Iterable[Slot]) -> None:
    """Lock the rows of some periods, as far as they are there, in key order."""
    keys = [tuple(slot) for slot in slots]
    statement = select(C.offering_id).where(_KEY.in_(keys)).order_by(_KEY).with_for_update()
    await session.execute(statement)


async def lock_from(session: AsyncSession, since: Mapping[UUID, date]) -> None:
    """Lock the periods of some offerings that end on a day of theirs or later, in key order."""
    told = (
        func.unnest(
            bindparam("ids", [*since], ARRAY(Uuid)),
            bindparam("days", [*since.values()], ARRAY(Date)),
        )
        .table_valued("offering_id", "since")
        .render_derived(name="told")
    )
    statement = (
        select(C.offering_id)
        .join(told, and_(told.c.offering_id == C.offering_id, C.ends_on >= told.c.since))
        .order_by(_KEY)
        .with_for_update(of=C)
    )
    await session.execute(statement)


async def lock_day(session: AsyncSession, day: date, offerings: Sequence[UUID]) -> None:
    """Lock a day's periods of some offerings and all those in which somebody waits, in key order.

    For a run that ends, before it changes the first: what it holds, and where it calls who waits.
    """
    await session.execute(_DAY_LOCKED, {"day": day, "offerings": offerings})


async def upcoming(
    session: AsyncSession, offering_id: UUID, since: date
) -> Sequence[tables.Capacity]:
    """Rows of periods that end on a day or later, locked in key order."""
    statement = (
        select(C)
        .where(C.offering_id == offering_id, C.ends_on >= since)
        .order_by(C.starts_on, C.session)
        .with_for_update()
    )
    found = await session.scalars(statement.execution_options(populate_existing=True))
    return found.all()


async def drafts(
    session: AsyncSession, offering_id: UUID, since: date
) -> Sequence[tuple[tables.AllocationHold, date]]:
    """Places that drafts of allocations hold of an offering, with the day they are for."""
    hold, run = tables.AllocationHold, tables.AllocationRun
    statement = (
        select(hold, run.session_on)
        .join(run, run.id == hold.run_id)
        .where(hold.offering_id == offering_id, run.session_on >= since)
        .order_by(hold.run_id)
        .with_for_update(of=hold)
    )
    return [(row[0], row[1]) for row in await session.execute(statement)]


async def replace(
    session: AsyncSession, offering_id: UUID, since: date, rows: Sequence[dict[str, Any]]
) -> None:
    """Other rows for the periods that end on a day or later: they are counted otherwise now."""
    await session.execute(delete(C).where(C.offering_id == offering_id, C.ends_on >= since))
    if rows:
        await session.execute(insert(C), list(rows))


async def supply(session: AsyncSession, offering_id: UUID) -> tables.Supply:
    """An offering as far as referrals know it. Raises NotFound."""
    row = await session.get(S, offering_id)
    if row is None:
        raise NotFound(what=WHAT, key=offering_id)
    return row


async def takes_people(session: AsyncSession, offering_id: UUID) -> bool:
    """Whether an offering is open and somebody provides it: else nobody is referred there."""
    row = await supply(session, offering_id)
    return row.is_open and row.provider_id is not None


async def supplies_for_update(
    session: AsyncSession, ids: Sequence[UUID]
) -> Mapping[UUID, tables.Supply]:
    """Offerings that are known already, locked in id order."""
    statement = select(S).where(S.offering_id.in_(ids)).order_by(S.offering_id).with_for_update()
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    return {row.offering_id: row for row in rows}


async def page(
    session: AsyncSession,
    actor: Actor,
    *,
    offering_id: UUID | None,
    over_committed: bool,
    after: tuple[UUID, date, str] | None,
    limit: int,
) -> Sequence[tables.Capacity]:
    """Places by offering and period, for staff of the area and the provider whose they are."""
    mine = by_area(actor, S.area_code)
    if Role.PROVIDER in actor.roles and actor.org is not None:
        mine = mine | (S.provider_id == actor.org)
    statement = select(C).join(S, S.offering_id == C.offering_id).where(mine)
    if offering_id is not None:
        statement = statement.where(C.offering_id == offering_id)
    if over_committed:
        statement = statement.where(C.excess > 0)
    if after is not None:
        statement = statement.where(tuple_(*map(literal, after)) < _KEY)
    statement = statement.order_by(C.offering_id, C.starts_on, C.session).limit(limit + 1)
    return (await session.scalars(statement)).all()


def shown(row: tables.Capacity) -> Capacity:
    """A period's places as they are answered."""
    return Capacity(
        offering_id=row.offering_id,
        period=CapacityPeriod(row.period),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        session=row.session or None,
        places=row.places,
        taken=row.taken,
        waiting=row.waiting,
        over_committed=row.excess,
    )
