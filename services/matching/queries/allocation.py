"""What a run reads, holds, stores and hands over. Many rows at a time, each in one statement."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Row,
    Uuid,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.auth.actor import Actor
from common.contracts.matching import AllocationRun as State
from common.contracts.matching import GapReason, NeedStatus, TierCount, UnmetReason
from common.contracts.matching_allocation import RunStatus
from common.contracts.vocabulary import UrgencyTier
from common.errors import NotFound, Text
from common.turns import take_turn
from matching import tables
from matching.domain.referrals import LIVE
from matching.domain.run_figures import told
from matching.queries.places import lock_day

R, H, X = tables.AllocationRun, tables.AllocationHold, tables.AllocationChoice
WHAT: Final = Text("统筹分配", "allocation run")
SILENCE: Final = timedelta(minutes=2)  # a run that says nothing for so long has lost its process
IS_LONGER: Final = "s.capacity_period IN ('week', 'month', 'year')"


def starts(day: str) -> str:
    """The first day of the period that a day lies in, as `domain.places.span` says, in SQL."""
    first = f"date_trunc(s.capacity_period, CAST({day} AS date))::date"
    return f"CASE WHEN {IS_LONGER} THEN {first} ELSE CAST({day} AS date) END"


def ends(day: str) -> str:
    """The last day of that period, in SQL."""
    unit = "CAST('1 ' || s.capacity_period AS interval)"
    last = f"(date_trunc(s.capacity_period, CAST({day} AS date)) + {unit} - interval '1 day')::date"
    return f"CASE WHEN {IS_LONGER} THEN {last} ELSE CAST({day} AS date) END"


_STARTS: Final = starts(":day")
_ENDS: Final = ends(":day")
# By which period an offering counts stays as it was read: who would change that waits, or is waited
# for. Of a period that nobody asked for yet the row is made, before any is locked: who makes one
# himself may ask for others after it.
_HOLD: Final = text(
    f"WITH slots AS (SELECT s.offering_id, {_STARTS} AS starts_on, {_ENDS} AS ends_on,"
    " s.capacity_period, s.capacity, u.places FROM unnest(:offerings, :places)"
    " AS u (offering_id, places) JOIN supply s ON s.offering_id = u.offering_id"
    " ORDER BY s.offering_id FOR SHARE OF s),"
    " made AS (INSERT INTO capacity (offering_id, starts_on, session, ends_on, period,"
    " places, taken, waiting, excess) SELECT offering_id, starts_on, '', ends_on,"
    " capacity_period, capacity, 0, 0, 0 FROM slots ON CONFLICT DO NOTHING)"
    " INSERT INTO allocation_hold (run_id, offering_id, starts_on, places)"
    " SELECT :run, offering_id, starts_on, places FROM slots"
).bindparams(bindparam("offerings", type_=ARRAY(Uuid)), bindparam("places", type_=ARRAY(Integer)))
# Where the registry took places away meanwhile, more are taken than there are, and the row says so.
_TAKE: Final = text(
    "UPDATE capacity c SET taken = c.taken + h.places, excess = CASE WHEN c.places IS NULL THEN 0"
    " ELSE greatest(c.taken + h.places - c.places, 0) END FROM allocation_hold h"
    " WHERE h.run_id = :run AND c.offering_id = h.offering_id AND c.starts_on = h.starts_on"
    " AND c.session = ''"
)
_NEEDS_LOCKED: Final = text(
    "SELECT count(*) FROM (SELECT FROM need n JOIN allocation_choice x ON x.need_id = n.id"
    " WHERE x.run_id = :run AND (x.offering_id IS NOT NULL OR n.is_statutory)"
    " ORDER BY n.id FOR UPDATE OF n) locked"
)
_SUPPLY_LOCKED: Final = text(
    "SELECT count(*) FROM (SELECT FROM supply s JOIN allocation_hold h"
    " ON h.offering_id = s.offering_id WHERE h.run_id = :run"
    " ORDER BY s.offering_id FOR SHARE OF s) locked"
)
_GIVE_BACK: Final = text(
    "WITH held AS (SELECT offering_id, starts_on, places FROM allocation_hold"
    " WHERE run_id = :run),"
    " gone AS (DELETE FROM allocation_hold WHERE run_id = :run)"
    " UPDATE capacity c SET taken = c.taken - h.places, excess = CASE WHEN c.places IS NULL THEN 0"
    " ELSE greatest(c.taken - h.places - c.places, 0) END FROM held h"
    " WHERE c.offering_id = h.offering_id AND c.starts_on = h.starts_on AND c.session = ''"
)
_RELEASE: Final = text(
    "WITH freed AS (SELECT h.offering_id, h.starts_on, u.places FROM unnest(:offerings, :places)"
    " AS u (offering_id, places) JOIN allocation_hold h"
    " ON h.run_id = :run AND h.offering_id = u.offering_id)"
    " UPDATE capacity c SET taken = c.taken - f.places, excess = CASE WHEN c.places IS NULL THEN 0"
    " ELSE greatest(c.taken - f.places - c.places, 0) END FROM freed f"
    " WHERE c.offering_id = f.offering_id AND c.starts_on = f.starts_on AND c.session = ''"
).bindparams(bindparam("offerings", type_=ARRAY(Uuid)), bindparam("places", type_=ARRAY(Integer)))
_WAITING: Final = text(
    "SELECT offering_id, starts_on FROM capacity WHERE session = '' AND waiting > 0"
    " AND starts_on <= :day AND ends_on >= :day AND (places IS NULL OR places > taken)"
    " ORDER BY 1, 2"
)


async def run(session: AsyncSession, run_id: UUID, *, lock: bool = False) -> tables.AllocationRun:
    """One run; `lock` keeps others from moving it until the transaction ends."""
    statement = select(R).where(R.id == run_id)
    row = await session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if row is None:
        raise NotFound(what=WHAT, key=run_id)
    return row


async def page(
    session: AsyncSession, actor: Actor, *, after: UUID | None, limit: int
) -> Sequence[tables.AllocationRun]:
    """Runs over areas within the caller's, newest first; one more than `limit`."""
    statement = select(R).where(R.area.startswith(actor.area or "-", autoescape=True))
    if after is not None:
        statement = statement.where(R.id < after)
    return (await session.scalars(statement.order_by(R.id.desc()).limit(limit + 1))).all()


UNDER_WAY: Final = (
    "SELECT EXISTS (SELECT FROM allocation_run WHERE status = 'queued')"
    " OR EXISTS (SELECT FROM allocation_run WHERE status = 'running')"
)


async def next_queued(session: AsyncSession) -> tables.AllocationRun | None:
    """The oldest run that nobody computes, locked; others pass it by.

    One that will hold places waits until no other decides about places.
    """
    await take_turn(session, "allocation")
    other = aliased(R)
    decides = exists(select(1).where(other.status == RunStatus.RUNNING, ~other.is_dry))
    statement = (
        select(R)
        .where(R.status == RunStatus.QUEUED, R.is_dry | ~decides)
        .order_by(R.id)
        .limit(1)
        .with_for_update(of=R, skip_locked=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def orphans(session: AsyncSession, now: datetime) -> Sequence[tables.AllocationRun]:
    """Runs whose process has gone, locked."""
    statement = select(R).where(R.status == RunStatus.RUNNING, R.beat_at < now - SILENCE)
    return (await session.scalars(statement.with_for_update(skip_locked=True))).all()


async def past_drafts(session: AsyncSession, *, today: date, limit: int) -> Sequence[UUID]:
    """Drafts that hold places though their day is over, the oldest first.

    The words are those of the index on runs that hold places.
    """
    drafted = R.status == literal_column("'drafted'")
    statement = select(R.id).where(drafted, ~R.is_dry, R.session_on < today)
    return (await session.scalars(statement.order_by(R.id).limit(limit))).all()


async def beat(
    session: AsyncSession, run_id: UUID, *, stage: str, done: float, now: datetime
) -> bool:
    """Say how far a run is; False when it is not wanted any more."""
    statement = (
        update(R)
        .where(R.id == run_id, R.status == RunStatus.RUNNING)
        .values(stage=stage, done=min(max(done, 0.0), 1.0), beat_at=now)
        .returning(R.is_unwanted)
        .execution_options(synchronize_session=False)
    )
    unwanted = await session.scalar(statement)
    return unwanted is False


async def settle(session: AsyncSession) -> None:
    """Wait for all who were taking places when the run began; what is read then stays true.

    Whoever asks for a place from now on sees that a run decides: until the lock is his he has not
    looked yet.
    """
    await session.execute(text("LOCK TABLE capacity IN EXCLUSIVE MODE"))


async def hold(
    session: AsyncSession, run_id: UUID, day: date, used: tuple[Sequence[UUID], Sequence[int]]
) -> None:
    """Hold so many places of some offerings; from now on the rows of capacity say so."""
    offerings, places = used
    values = {"day": day, "run": run_id, "offerings": offerings, "places": places}
    await session.execute(_HOLD, values)
    await lock_day(session, day, offerings)
    await session.execute(_TAKE, {"run": run_id})


async def give_back(session: AsyncSession, run_id: UUID, day: date) -> None:
    """Give back what a run holds, in whatever periods it is counted by now."""
    await session.execute(_SUPPLY_LOCKED, {"run": run_id})
    held = await session.scalars(select(H.offering_id).where(H.run_id == run_id))
    await lock_day(session, day, held.all())
    await session.execute(_GIVE_BACK, {"run": run_id})


async def waiting(session: AsyncSession, day: date) -> Sequence[Row[tuple[UUID, date]]]:
    """The periods of a day in which somebody waits and places are free."""
    return (await session.execute(_WAITING, {"day": day})).all()


async def lock_all(session: AsyncSession, run_id: UUID) -> None:
    """Lock the needs about which a commit decides, then the offerings whose places the run holds.

    All of them, before anything is read: batch by batch, who has offerings already would ask for
    more needs, against the order of locks (`queries.places`).
    """
    await session.execute(_NEEDS_LOCKED, {"run": run_id})
    await session.execute(_SUPPLY_LOCKED, {"run": run_id})


async def served_pairs(
    session: AsyncSession, run_id: UUID, *, after: UUID, limit: int
) -> Sequence[Any]:
    """Needs that the run serves, with their offering's supply, all locked; and who is referred."""
    need, supply, referral = tables.Need, tables.Supply, tables.Referral
    live = exists(select(1).where(referral.need_id == need.id, referral.status.in_(LIVE)))
    statement = (
        select(need, supply, live.label("is_referred"))
        .join(X, X.need_id == need.id)
        .join(supply, supply.offering_id == X.offering_id)
        .where(X.run_id == run_id, X.offering_id.is_not(None), need.id > after)
        .order_by(need.id)
        .limit(limit)
    )
    rows: Sequence[Any] = (await session.execute(statement)).all()
    return rows


async def forget_holds(session: AsyncSession, run_id: UUID) -> None:
    """The places belong to referrals now."""
    await session.execute(delete(H).where(H.run_id == run_id))


async def refer(
    session: AsyncSession,
    rows: Sequence[Mapping[str, Any]],
    need_ids: Sequence[UUID],
    *,
    by: str,
    now: datetime,
) -> None:
    """Write the referrals of some needs, which are referred from now on."""
    await session.execute(insert(tables.Referral), rows)
    need = tables.Need
    await session.execute(
        update(need)
        .where(need.id.in_(need_ids))
        .values(
            status=NeedStatus.REFERRED,
            referred_at=now,
            version=need.version + 1,
            updated_at=now,
            updated_by=by,
        )
        .execution_options(synchronize_session=False)
    )


async def release(
    session: AsyncSession, run_id: UUID, day: date, freed: Mapping[UUID, int]
) -> None:
    """Give back so many places that a draft holds of some offerings."""
    if freed:
        await lock_day(session, day, [*freed])
        values = {"offerings": [*freed], "places": [*freed.values()], "run": run_id}
        await session.execute(_RELEASE, values)


async def difference(session: AsyncSession, first: UUID, second: UUID) -> Sequence[Row[Any]]:
    """Needs by street: served by the first run, by the second, by both and elsewhere."""
    a, b, need = X.__table__.alias("a"), X.__table__.alias("b"), tables.Need
    street = func.left(need.area_code, 9)
    in_a, in_b = a.c.offering_id.is_not(None), b.c.offering_id.is_not(None)
    statement = (
        select(
            street.label("street"),
            func.count().filter(in_a).label("first"),
            func.count().filter(in_b).label("second"),
            func.count().filter(in_b & ~in_a).label("gained"),
            func.count().filter(in_a & ~in_b).label("lost"),
            func.count().filter(a.c.offering_id != b.c.offering_id).label("moved"),
        )
        .select_from(a)
        .join(b, (b.c.need_id == a.c.need_id) & (b.c.run_id == literal(second)))
        .join(need, need.id == a.c.need_id)
        .where(a.c.run_id == literal(first))
        .group_by(street)
        .order_by(street)
    )
    return (await session.execute(statement)).all()


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, State]:
    """The feed's states: committed runs, with no figure that tells of fewer than ten people."""
    rows = await session.scalars(select(R).where(R.id.in_(ids), R.status == RunStatus.COMMITTED))
    return {row.id: _state(row) for row in rows}


def _state(row: tables.AllocationRun) -> State:
    figures = told(row.served or [], row.unserved or {}, row.objective or 0)
    return State.model_validate(
        {
            "id": row.id,
            "policy": ";".join(f"{name}={value}" for name, value in sorted(row.policy.items())),
            "period_from_on": row.session_on,
            "period_to_on": row.session_on,
            "seed": row.seed,
            "candidates_per_need": row.policy["candidates"],
            "needs": figures.needs,
            "places": row.places,
            "served_by_tier": [
                TierCount(urgency=UrgencyTier(tier + 1), needs=None, served=count)
                for tier, count in enumerate(figures.served)
            ],
            "unserved_by_reason": [
                GapReason(reason=UnmetReason(reason), needs=count)
                for reason, count in sorted(figures.unserved.items())
            ],
            "objective": figures.objective,
            "inputs_sm3": row.inputs_sm3,
            "certificate_sm3": row.certificate_sm3,
            "started_at": row.started_at,
            "committed_at": row.committed_at,
        }
    )
