"""Computing a run: read, paired, proven optimal, stored as a draft whose places are held.

The arithmetic runs in a thread and in processes beside it. A run whose process dies is found by its
silence: it holds nothing any more, and begins again.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from common.bulk import uncollected
from common.calendar.official import official_calendar
from common.clock import CITY_ZONE, city_day, utc_now
from common.contracts.matching_allocation import RunStage, RunStatus
from common.contracts.registry.dictionaries import Dictionary
from common.db import Database
from common.processes import some_apart
from common.records import touch
from matching import tables
from matching.allocation.candidates import Scale, lowest_mark, unsure, walks
from matching.allocation.certificate import Certificate
from matching.allocation.parts import GRAINS
from matching.allocation.problem import Fairness, Ints
from matching.allocation.reasons import REASONS
from matching.allocation.shares import Allocated, Policy, Solved, decide, solved
from matching.allocation.solving import Progress, Stopped
from matching.domain.districts import Money
from matching.domain.marks import TooManyTerms
from matching.domain.walking import metres
from matching.queries import allocation as queries
from matching.queries import allocation_reading as reading
from matching.queries import allocation_results as results
from matching.queries.coverage import paths
from matching.queries.rules import rule_table
from matching.usecases.allocation import call_all_waiting, give_back
from matching.usecases.allocation_files import Proof, packed
from matching.usecases.allocation_inputs import Inputs, Read, Terms, inputs
from matching.usecases.places import CLOCKWORK

log = structlog.get_logger(__name__)

Known = dict[str, Any]  # parts of `Read` by name

BEAT_S: Final = 1.0
PROCESSES: Final = 2
MANY: Final = 20_000  # needs
_PAIRING, _STORING = 0.05, 0.85  # where each stage begins, as a share of the work


@dataclass(slots=True)
class Watch:
    """How far the thread is, and whether anybody still wants its answer."""

    stage: RunStage = RunStage.READING
    done: float = 0.0
    is_stopped: bool = False


class Draft(NamedTuple):
    """What came of it."""

    inputs: Inputs
    policy: Mapping[str, Any]
    solved: Solved


async def take_one(database: Database) -> bool:
    """Compute the oldest run in the queue; whether there was one.

    From the moment it is seen to run every place of its day is held for it.
    """
    async with database.sessions.begin() as session:
        run = await queries.next_queued(session)
        if run is None:
            return False
        now = utc_now()
        run.status, run.started_at, run.beat_at = RunStatus.RUNNING, now, now
        run.stage, run.done = RunStage.READING, 0.0
        touch(run, CLOCKWORK, now)
        are_many = await reading.are_many(session, run.area, MANY)
    async with AsyncExitStack() as beside:
        pool = None
        if are_many:  # it pays to begin them, and they begin while all is read
            pool = await beside.enter_async_context(some_apart(PROCESSES, decide))
        await _computed(database, run, pool)
    return True


async def give_up_orphans(database: Database) -> int:
    """Queue again the runs whose process has gone; what they held is given back first."""
    now = utc_now()
    async with database.sessions.begin() as session:
        rows = await queries.orphans(session, now)
        for row in rows:
            row.status = RunStatus.CANCELLED if row.is_unwanted else RunStatus.QUEUED
            await give_back(session, row, now=now)
            row.stage, row.done = None, 0.0
            touch(row, CLOCKWORK, now)
    return len(rows)


async def _computed(database: Database, run: tables.AllocationRun, pool: Executor | None) -> None:
    watch = Watch()
    beating = asyncio.create_task(_beat(database, run.id, watch))
    try:
        with uncollected():
            found = await _read(database, run)
        draft = await asyncio.to_thread(_decided, found, run, pool, watch)
        watch.stage, watch.done = RunStage.STORING, _STORING
        with uncollected():
            await _store(database, run, draft)
    except Stopped:
        await _end(database, run, RunStatus.CANCELLED, None)
    except (TooManyTerms, ValueError, RuntimeError) as fault:
        log.warning("allocation failed", run=str(run.id), fault=repr(fault)[:300])
        await _end(database, run, RunStatus.FAILED, str(fault)[:300])
    finally:
        beating.cancel()


async def _beat(database: Database, run_id: Any, watch: Watch) -> None:
    while True:
        async with database.sessions.begin() as session:
            is_wanted = await queries.beat(
                session, run_id, stage=watch.stage, done=watch.done, now=utc_now()
            )
        watch.is_stopped = not is_wanted
        await asyncio.sleep(BEAT_S)


async def _read(database: Database, run: tables.AllocationRun) -> Inputs:
    """What is needed and offered, each read by a connection of its own, as columns."""
    people, offers = await asyncio.gather(_people(database, run), _offers(database, run))
    now = utc_now()
    async with database.sessions() as session:
        in_force = (await rule_table(session)).at(city_day(now), run.area.ljust(12, "0"))
    policy = run.policy
    terms = Terms(
        span=_span(run),
        days=official_calendar(),
        now=now,
        reach_m=metres(policy["reach_minutes"], policy["speed_kmh"]),
        money=_money(policy, in_force.rule("match.funding_level").number),
        is_tiered=policy["is_tiered"],
    )
    return await asyncio.to_thread(inputs, Read(**people, **offers), terms)


def _money(policy: Mapping[str, Any], digits: int) -> Money:
    """Which money stays, as the run was asked; runs of before named only what is bound."""
    free = policy.get("free_funding")
    return Money(
        frozenset(policy["bound_funding"]), None if free is None else frozenset(free), digits
    )


async def _people(database: Database, run: tables.AllocationRun) -> Known:
    """Who is open now; for a replay who came in its period."""
    async with database.sessions() as session:
        if run.replay_from_on is None:
            days = run.session_on, city_day(utc_now())
            return {
                "people": await reading.people(session, run.area, *days),
                "standings": await reading.standings(session, run.area),
            }
        span = _span(run)
        since = datetime.combine(span[0], time(), CITY_ZONE)
        until = datetime.combine(span[-1] + timedelta(days=1), time(), CITY_ZONE)
        return {
            "people": await reading.people_raised(session, run.area, since, until),
            "standings": await reading.standings_raised(session, run.area, since, until),
        }


async def _offers(database: Database, run: tables.AllocationRun) -> Known:
    """What there is, with what is left of it on the day; for a replay with all that there was."""
    if not run.is_dry:
        async with database.sessions.begin() as session:
            await queries.settle(session)
    async with database.sessions() as session:
        if run.replay_from_on is None:
            offers = await reading.offers(session, run.session_on)
        else:
            offers = await reading.offers_between(session, run.replay_from_on, run.session_on)
        categories = await paths(session, Dictionary.SERVICE_CATEGORY)
        venues = await reading.venues(session)
        return {"offers": offers, "categories": categories, "venues": venues}


def _span(run: tables.AllocationRun) -> Sequence[date]:
    """The days of a run: one, or those of a replay."""
    first = run.replay_from_on or run.session_on
    return [first + timedelta(days=n) for n in range((run.session_on - first).days + 1)]


def _decided(
    found: Inputs, run: tables.AllocationRun, pool: Executor | None, watch: Watch
) -> Draft:
    """The arithmetic, in a thread. Raises `Stopped`."""
    given = run.policy
    watch.stage, watch.done = RunStage.PAIRING, _PAIRING
    policy = Policy(
        run.seed,
        Fairness(tuple(given["fairness_shares"]), tuple(given["fairness_steps"])),
        Scale(given["detour"], given.get("wish_m", 0), given.get("unverified_m", 0)),
        candidates=given["candidates"],
    )

    def told(progress: Progress) -> None:
        share = progress.done / max(progress.of, 1)
        watch.stage, watch.done = RunStage.SOLVING, _PAIRING + (_STORING - _PAIRING) * share

    stopped: Callable[[], bool] = partial(getattr, watch, "is_stopped")
    decided = solved(found.city, policy, pool=pool, told=told, is_stopped=stopped)
    if pool is not None:
        pool.shutdown(wait=False)  # the helpers go while all is stored
    return Draft(found, given, decided)


async def _mine(session: AsyncSession, run: tables.AllocationRun) -> tables.AllocationRun | None:
    """The run, locked; None when somebody took it for dead, and perhaps began it again."""
    row = await queries.run(session, run.id, lock=True)
    is_mine = row.status == RunStatus.RUNNING and row.started_at == run.started_at
    return row if is_mine else None


async def _store(database: Database, run: tables.AllocationRun, draft: Draft) -> None:
    """The places in the transaction that makes the draft; what it rests on just before it.

    Raises `Stopped` where it was cancelled since the arithmetic looked last. From here on it cannot
    be: the run stays locked until it is a draft.
    """
    now = utc_now()
    async with database.sessions.begin() as session:
        row = await _mine(session, run)
        if row is None:
            return
        if row.is_unwanted:
            raise Stopped
        async with asyncio.TaskGroup() as both:
            storing = both.create_task(_store_results(database, row.id, draft))
            if not row.is_dry:
                both.create_task(queries.hold(session, row.id, row.session_on, _used(draft)))
        _describe(row, storing.result())
        row.status, row.stage, row.done = RunStatus.DRAFTED, RunStage.DONE, 1.0
        row.finished_at = now
        touch(row, CLOCKWORK, now)
        if not row.is_dry:
            await call_all_waiting(session, row, now=now)


async def _store_results(database: Database, run_id: UUID, draft: Draft) -> Allocated:
    """Decisions, prices and proof; what a process that died has left of them goes away."""
    whole = await asyncio.to_thread(draft.solved.together)
    proof = Proof(whole.problem, whole.certificate)
    packing = asyncio.create_task(asyncio.to_thread(packed, proof))
    async with database.sessions.begin() as session:
        await results.forget(session, run_id)
        await results.put_choices(
            session, run_id, _choices(draft.inputs, whole, draft.policy["detour"])
        )
        await results.put_prices(session, run_id, *_prices(draft, whole.certificate))
        await results.put_file(session, run_id, await packing)
    return whole


def _used(draft: Draft) -> tuple[Sequence[UUID], Sequence[int]]:
    """The offerings that somebody goes to, and how many."""
    chosen = draft.solved.chosen
    offerings, counts = np.unique(chosen[chosen >= 0], return_counts=True)
    return _named(draft.inputs.offering_ids, offerings), counts.tolist()


def _describe(row: tables.AllocationRun, allocated: Allocated) -> None:
    problem, certificate, reasons = allocated
    row.needs = len(problem.needs)
    row.places = int(problem.offerings.places.sum(dtype="int64"))
    row.served = [int(count) for count in certificate.served]
    row.unserved = {why.value: count for why, count in reasons.totals().items() if count}
    row.objective = int(certificate.objective)
    row.inputs_sm3 = certificate.inputs.hex()
    row.certificate_sm3 = certificate.digest().hex()


def _choices(found: Inputs, whole: Allocated, detour: float) -> dict[str, Sequence[Any]]:
    """Of each need: where it goes, how far that is and what is to be verified; or why nowhere."""
    _, certificate, reasons = whole
    chosen, seekers, suppliers = certificate.chosen, found.city.seekers, found.city.suppliers
    served = np.flatnonzero(chosen >= 0)
    there = chosen[served]
    walking, marks = np.full(len(chosen), -1, np.int64), reasons.mark.copy()
    walking[served] = walks(seekers, served, suppliers, there, detour)
    marks[served] = lowest_mark(unsure(seekers, served, suppliers, there))
    return {
        "need_id": found.need_ids,
        "offering_id": _named(found.offering_ids, chosen),
        "walking_m": _or_none(walking),
        "reason": _named(REASONS, reasons.reason),
        "rule": found.marked.rules(marks),
        "competition": _or_none(reasons.competition),
    }


def _named(names: Sequence[Any], rows: Ints) -> list[Any]:
    """The name of each row; None for -1."""
    known = [*names, None]
    return [known[row] for row in rows.tolist()]


def _or_none(values: Ints) -> list[int | None]:
    return [None if value < 0 else value for value in values.tolist()]


def _prices(draft: Draft, certificate: Certificate) -> tuple[Sequence[UUID], Sequence[float]]:
    """Prices in minutes on foot. Who serves one more counts for the longest walk of the run, and
    what saves no more than walks, or a verification, for less.
    """
    policy, prices = draft.policy, certificate.prices
    dear = np.flatnonzero(prices > 0)
    category = draft.inputs.city.offerings.category[dear]
    margin = certificate.margins[np.searchsorted(certificate.categories, category)]
    longest = policy["reach_minutes"]
    minutes = prices[dear] * 60 / (metres(60, policy["speed_kmh"]) * GRAINS)
    worth = np.where(prices[dear] * 2 > margin, longest, np.minimum(minutes, longest - 1))
    return _named(draft.inputs.offering_ids, dear), worth.tolist()


async def _end(
    database: Database, run: tables.AllocationRun, status: RunStatus, fault: str | None
) -> None:
    now = utc_now()
    async with database.sessions.begin() as session:
        row = await _mine(session, run)
        if row is None:
            return
        row.status, row.fault, row.finished_at = status, fault, now
        touch(row, CLOCKWORK, now)
        await call_all_waiting(session, row, now=now)
