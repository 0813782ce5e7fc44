"""Asking for a run, stopping it, throwing its draft away, making referrals of it in one step."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.matching import NeedStatus, ReferralStatus
from common.contracts.matching_allocation import RunIn, RunStatus
from common.contracts.registry.offerings import CapacityPeriod
from common.edge import must_match
from common.errors import Conflict, FieldError, Invalid, Text
from common.ids import uuid7
from common.records import made, name_of, touch
from common.rules import RulesInForce
from common.rules_table import rule_table
from matching import tables
from matching.domain import places as place_rules
from matching.domain.numbers import Numbered, number
from matching.domain.referrals import hold_expires
from matching.queries import allocation as queries
from matching.queries import allocation_results as results
from matching.usecases import duties, rooms
from matching.usecases.payers import Referred, payers
from matching.usecases.places import call_waiting

KIND: Final = "allocation_run"
BATCH: Final = 1_000
LONGEST_REPLAY: Final = timedelta(days=31)
_ENDED: Final = frozenset({RunStatus.COMMITTED, RunStatus.CANCELLED, RunStatus.FAILED})


class RunCannotMove(Conflict):
    """The run is not where this step begins."""

    slug = "run-cannot-move"
    title = Text("当前状态不能执行此操作", "Not at this stage")
    detail = Text("该次统筹分配当前为 {status}。", "The run is {status}.")


class WrongRun(Invalid):
    """A run that cannot be meant."""

    slug = "wrong-run"
    title = Text("统筹分配参数有误", "The run has faults")


async def ask(session: AsyncSession, wish: RunIn, *, by: Actor, now: datetime) -> Any:
    """A run in the queue; what the wish leaves out the rules say."""
    by.must_cover(wish.area)
    _must_fit(wish, today=city_day(now))
    in_force = (await rule_table(session)).at(city_day(now), wish.area.ljust(12, "0"))
    row = tables.AllocationRun(
        area=wish.area,
        session_on=wish.session_on,
        replay_from_on=wish.replay_from_on,
        seed=wish.seed,
        is_dry=wish.dry_run,
        policy=policy(wish, in_force),
        status=RunStatus.QUEUED,
        done=0.0,
        is_unwanted=False,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    _tell(session, row, by, "ask", {"area": row.area, "day": str(row.session_on)})
    return row


def _must_fit(wish: RunIn, *, today: date) -> None:
    """A run looks ahead, a replay back. Raises `WrongRun`."""
    first, last = wish.replay_from_on, wish.session_on
    if first is None:
        if last < today:
            past = Text("日期不得早于今天", "the day is not before today")
            raise WrongRun(errors=[FieldError("/session_on", str(last), past)])
        return
    if last > today:
        ahead = Text("重演的末日不得晚于今天", "a replay does not end after today")
        raise WrongRun(errors=[FieldError("/session_on", str(last), ahead)])
    if not timedelta(0) <= last - first < LONGEST_REPLAY:
        span = Text("重演须为 1 至 31 天", "a replay is of 1 to 31 days")
        raise WrongRun(errors=[FieldError("/replay_from_on", str(first), span)])


def policy(wish: RunIn, in_force: RulesInForce) -> dict[str, Any]:
    """What the run weighs. Raises `WrongRun` when fairness does not rise."""
    shares = wish.fairness_shares or _numbers(in_force, "allocation.fairness_shares")
    steps = wish.fairness_steps or _numbers(in_force, "allocation.fairness_steps")
    rising = shares == sorted(set(shares)) and steps == sorted(steps) and shares[0] == 0
    if len(shares) != len(steps) or not rising:
        message = Text(
            "比例从 0 起递增，代价不减，两者个数相同",
            "shares rise from 0, steps never fall, and there are as many of both",
        )
        raise WrongRun(errors=[FieldError("/fairness_shares", shares, message)])
    return {
        "candidates": wish.candidates or in_force.rule("allocation.candidates").number,
        "fairness_shares": shares,
        "fairness_steps": steps,
        "reach_minutes": wish.reach_minutes or in_force.rule("allocation.reach").number,
        "detour": float(in_force.rule("walk.detour").share),
        "speed_kmh": float(in_force.rule("walk.speed").share),
        "bound_funding": sorted(
            in_force.rule("match.bound_funding").words
            if wish.bound_funding is None
            else wish.bound_funding
        ),
        "is_tiered": wish.is_tiered is not False,
    }


def _numbers(in_force: RulesInForce, code: str) -> list[int]:
    return [int(word) for word in in_force.rule(code).words]


async def cancel(
    session: AsyncSession, run_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.AllocationRun:
    """Stop a run, or throw its draft away and give its places back."""
    row = await _reached(session, run_id, version=version, by=by)
    status = RunStatus(row.status)
    if status in _ENDED:
        raise RunCannotMove(status=status)
    if status is RunStatus.RUNNING:
        row.is_unwanted = True  # whoever computes sees it within a second
    else:
        row.status, row.finished_at = RunStatus.CANCELLED, now
        await give_back(session, row, now=now)
    touch(row, by, now)
    _tell(session, row, by, "cancel", {"status": row.status})
    return row


async def give_back(session: AsyncSession, row: tables.AllocationRun, *, now: datetime) -> None:
    """Give back what a run holds; it has ended, so who waits for places is called."""
    await queries.give_back(session, row.id)
    await call_all_waiting(session, row, now=now)


async def call_all_waiting(
    session: AsyncSession, row: tables.AllocationRun, *, now: datetime
) -> None:
    """Call who waits for what a run does not hold: it decides no more."""
    await session.flush()
    for each in await queries.waiting(session, row.session_on):
        slot = place_rules.Slot(each.offering_id, each.starts_on, place_rules.NO_SESSION)
        await call_waiting(session, slot, calendar=official_calendar(), now=now)


async def commit(
    session: AsyncSession, run_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.AllocationRun:
    """Make referrals of a draft: all of them in this one transaction, or none.

    A need that is no longer open, or that a referral sees to, has lapsed; its place is given back.
    Who is entitled and not served is owed by a department from now on.
    """
    row = await _reached(session, run_id, version=version, by=by)
    if row.status != RunStatus.DRAFTED or row.is_dry:
        raise RunCannotMove(status=row.status)
    in_force = (await rule_table(session)).at(city_day(now), row.area.ljust(12, "0"))
    days = in_force.rule("hold.expiry").number
    after, referred, lapsed = UUID(int=0), 0, 0
    while pairs := await queries.served_pairs(session, row.id, after=after, limit=BATCH):
        still = [pair for pair in pairs if _is_wanted(pair)]
        for pair in pairs:
            if not _is_wanted(pair):
                lapsed += 1
                await queries.release_one(session, row.id, pair.Supply.offering_id)
        await _refer(session, row, still, hold_days=days, by=by, now=now)
        referred += len(still)
        after = pairs[-1].Need.id
    await queries.forget_holds(session, row.id)
    owed = await _owe(session, row.id, by=by, now=now)
    row.status, row.committed_at, row.lapsed = RunStatus.COMMITTED, now, lapsed
    touch(row, by, now)
    feed.mark(session, KIND, row.id)
    _tell(session, row, by, "commit", {"referred": referred, "lapsed": lapsed, "owed": owed})
    return row


def _is_wanted(pair: Any) -> bool:
    return pair.Need.status == NeedStatus.OPEN and not pair.is_referred


async def _owe(session: AsyncSession, run_id: UUID, *, by: Actor, now: datetime) -> int:
    """Raise what departments owe to the entitled whom the run does not serve; how many."""
    after, owed = UUID(int=0), 0
    while found := await results.owed(session, run_id, after=after, limit=BATCH):
        await duties.owe_all(session, found, by=by, now=now)
        owed += len(found)
        after = found[-1][0].id
    return owed


async def _refer(
    session: AsyncSession,
    run: tables.AllocationRun,
    pairs: Sequence[Any],
    *,
    hold_days: int,
    by: Actor,
    now: datetime,
) -> None:
    """Referrals for some needs, whose places the run holds already."""
    if not pairs:
        return
    expires = hold_expires(now, run.session_on, hold_days, official_calendar())
    rows = [_referral(run, pair.Need, pair.Supply, expires, by=by, now=now) for pair in pairs]
    await _find_payers(session, rows)
    await session.execute(insert(tables.Referral), rows)
    for pair, row in zip(pairs, rows, strict=True):
        if pair.Supply.space_id is not None:
            await rooms.want(session, tables.Referral(**row), now=now)
    ids = [pair.Need.id for pair in pairs]
    need = tables.Need
    await session.execute(
        update(need)
        .where(need.id.in_(ids))
        .values(
            status=NeedStatus.REFERRED,
            referred_at=now,
            version=need.version + 1,
            updated_at=now,
            updated_by=name_of(by),
        )
        .execution_options(synchronize_session=False)
    )
    feed.mark_many(session, "need", ids)
    feed.mark_many(session, "referral", [row["id"] for row in rows])
    audit.note_many(
        session,
        by,
        action="referral.make",
        kind="referral",
        changes=[
            audit.Change(row["id"], row["area_code"], None, {"run": str(run.id)}, None)
            for row in rows
        ],
    )


async def _find_payers(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Say of each referral which contract pays for it."""
    referred = [Referred(**{each: row[each] for each in Referred._fields}) for row in rows]
    for row, contract_id in zip(rows, await payers(session, referred), strict=True):
        row["contract_id"] = contract_id


def _referral(
    run: tables.AllocationRun,
    need: tables.Need,
    supply: tables.Supply,
    expires: datetime,
    *,
    by: Actor,
    now: datetime,
) -> dict[str, Any]:
    referral_id = uuid7()
    period = CapacityPeriod(supply.capacity_period)
    slot = place_rules.slot(supply.offering_id, period, run.session_on, None)
    return {
        "id": referral_id,
        "number": number(Numbered.REFERRAL, city_day(now), referral_id),
        "need_id": need.id,
        "resident": need.resident,
        "rater": need.rater,
        "urgency": need.urgency,
        "area_code": need.area_code,
        "offering_id": supply.offering_id,
        "provider_id": supply.provider_id,
        "venue_id": supply.venue_id,
        "service_item_id": supply.service_item_id,
        "category": supply.category,
        "served_in": supply.area_code,
        "places": 1,
        "session_on": run.session_on,
        "starts_on": slot.starts_on,
        "session": slot.session,
        "price_fen": supply.price_fen or 0,
        "status": ReferralStatus.HELD,
        "hold_expires_at": expires,
        "made_at": now,
        **made(by, now),
    }


async def _reached(
    session: AsyncSession, run_id: UUID, *, version: int, by: Actor
) -> tables.AllocationRun:
    row = await queries.run(session, run_id, lock=True)
    by.must_cover(row.area)
    must_match(row.version, version)
    return row


def _tell(
    session: AsyncSession, row: tables.AllocationRun, by: Actor, verb: str, after: dict[str, Any]
) -> None:
    audit.note(
        session,
        by,
        action=f"allocation.{verb}",
        target=(KIND, row.id),
        area=row.area,
        after=after,
    )
