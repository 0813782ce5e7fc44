"""Asking for a run, stopping it, throwing its draft away."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.matching_allocation import RunIn, RunStatus
from common.edge import must_match
from common.errors import Conflict, FieldError, Invalid, Text
from common.records import made, touch
from common.rules import RulesInForce
from matching import tables
from matching.domain import places as place_rules
from matching.domain.districts import Money
from matching.domain.drafts import is_past
from matching.domain.walking import metres
from matching.queries import allocation as queries
from matching.queries.rules import rule_table
from matching.usecases.places import CLOCKWORK, call_waiting

KIND: Final = "allocation_run"
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
    tell(session, row, by, "ask", {"area": row.area, "day": str(row.session_on)})
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
    reach = wish.reach_minutes or in_force.rule("allocation.reach").number
    speed = float(in_force.rule("walk.speed").share)
    wished = metres(float(in_force.rule("score.wish").share), speed)
    money = Money.by_rules(in_force)
    if wish.bound_funding is not None:
        money = replace(money, bound=frozenset(wish.bound_funding), free=None)
    return {
        "candidates": wish.candidates or in_force.rule("allocation.candidates").number,
        "fairness_shares": shares,
        "fairness_steps": steps,
        "reach_minutes": reach,
        "detour": float(in_force.rule("walk.detour").share),
        "speed_kmh": speed,
        "wish_m": wished,
        "unverified_m": _below(in_force, metres(reach, speed) + wished + steps[-1]),
        "bound_funding": sorted(money.bound),
        "free_funding": None if money.free is None else sorted(money.free),
        "is_tiered": wish.is_tiered is not False,
    }


def _below(in_force: RulesInForce, farthest: int) -> int:
    """What it counts that something is to be verified first: more than a place is worth to anybody
    by walking and fairness, so that it goes to who is sure.
    """
    if in_force.rule("tier.unverified").known != "below_verified":
        return 0
    return in_force.rule("allocation.unverified").number * farthest


def _numbers(in_force: RulesInForce, code: str) -> list[int]:
    return [int(word) for word in in_force.rule(code).words]


async def cancel(
    session: AsyncSession, run_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.AllocationRun:
    """Stop a run, or throw its draft away and give its places back."""
    row = await reached(session, run_id, version=version, by=by)
    if row.status in _ENDED:
        raise RunCannotMove(status=row.status)
    await _stop(session, row, by=by, now=now)
    return row


async def end_past(session: AsyncSession, run_id: UUID, *, now: datetime) -> None:
    """Throw a draft away whose day is over, unless somebody has: nobody can commit it any more.

    What it holds of a week, a month or a year is still wanted.
    """
    row = await queries.run(session, run_id, lock=True)
    if row.status == RunStatus.DRAFTED and is_past(row.session_on, city_day(now)):
        await _stop(session, row, by=CLOCKWORK, now=now)


async def _stop(
    session: AsyncSession, row: tables.AllocationRun, *, by: Actor, now: datetime
) -> None:
    if row.status == RunStatus.RUNNING:
        row.is_unwanted = True  # whoever computes sees it within a second, or before it is a draft
    else:
        row.status, row.finished_at = RunStatus.CANCELLED, now
        await give_back(session, row, now=now)
    touch(row, by, now)
    tell(session, row, by, "cancel", {"status": row.status})


async def give_back(session: AsyncSession, row: tables.AllocationRun, *, now: datetime) -> None:
    """Give back what a run holds; it has ended, so who waits for places is called."""
    await queries.give_back(session, row.id, row.session_on)
    await call_all_waiting(session, row, now=now)


async def call_all_waiting(
    session: AsyncSession, row: tables.AllocationRun, *, now: datetime
) -> None:
    """Call who waits for what a run does not hold: it decides no more."""
    await session.flush()
    for each in await queries.waiting(session, row.session_on):
        slot = place_rules.Slot(each.offering_id, each.starts_on, place_rules.NO_SESSION)
        await call_waiting(session, slot, calendar=official_calendar(), now=now)


async def reached(
    session: AsyncSession, run_id: UUID, *, version: int, by: Actor
) -> tables.AllocationRun:
    """A run of the caller's area for its next step, locked. Raises what stands in its way."""
    row = await queries.run(session, run_id, lock=True)
    by.must_cover(row.area)
    must_match(row.version, version)
    return row


def tell(
    session: AsyncSession, row: tables.AllocationRun, by: Actor, verb: str, after: dict[str, Any]
) -> None:
    """Write down a step of a run."""
    audit.note(
        session,
        by,
        action=f"allocation.{verb}",
        target=(KIND, row.id),
        area=row.area,
        after=after,
    )
