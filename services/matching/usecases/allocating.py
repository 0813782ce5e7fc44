"""Computing a run: places held, pairs found, the optimum proven, the draft stored.

The arithmetic runs in a thread and in processes of its own. A run whose process dies is found by
its silence: its places are given back, and it begins again.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import numpy as np
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from common.calendar.official import official_calendar
from common.clock import CITY_ZONE, city_day, utc_now
from common.contracts.matching import UnmetReason
from common.contracts.matching_allocation import RunStage, RunStatus
from common.contracts.registry.dictionaries import Dictionary
from common.db import Database
from common.processes import processes
from common.records import touch
from common.rules_table import rule_table
from matching import tables
from matching.allocation.candidates import nearest
from matching.allocation.certificate import Certificate
from matching.allocation.parts import GRAINS
from matching.allocation.problem import Fairness, Problem
from matching.allocation.reasons import Explained, explain
from matching.allocation.solving import Progress, Stopped, solve
from matching.domain.marks import TooManyTerms
from matching.queries import allocation as queries
from matching.queries import allocation_results as results
from matching.queries import replays
from matching.queries.coverage import paths
from matching.usecases.allocation import give_back
from matching.usecases.allocation_files import Proof, packed
from matching.usecases.allocation_inputs import Inputs, Read, Terms, inputs
from matching.usecases.places import CLOCKWORK

log = structlog.get_logger(__name__)

BEAT_S: Final = 1.0
PROCESSES: Final = 2
MANY: Final = 20_000  # needs
_PAIRING, _SOLVING, _STORING = 0.05, 0.35, 0.85  # where each stage begins, as a share of the work


@dataclass(slots=True)
class Watch:
    """How far the thread is, and whether anybody still wants its answer."""

    stage: RunStage = RunStage.READING
    done: float = 0.0
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What came of it."""

    inputs: Inputs
    proof: Proof
    explained: Explained


async def take_one(database: Database) -> bool:
    """Compute the oldest run in the queue; whether there was one."""
    now = utc_now()
    async with database.sessions.begin() as session:
        row = await queries.next_queued(session)
        if row is None:
            return False
        run_id = row.id
        row.status, row.started_at, row.beat_at = RunStatus.RUNNING, now, now
        row.stage, row.done = RunStage.READING, 0.0
        touch(row, CLOCKWORK, now)
        if not row.is_dry:
            await queries.hold_all(session, run_id, row.session_on)
    await _computed(database, run_id)
    return True


async def give_up_orphans(database: Database) -> int:
    """Queue again the runs whose process has gone; what they held is given back first."""
    now = utc_now()
    async with database.sessions.begin() as session:
        rows = await queries.orphans(session, now)
        for row in rows:
            await give_back(session, row.id, keeps=False, now=now)
            row.status = RunStatus.CANCELLED if row.is_unwanted else RunStatus.QUEUED
            row.stage, row.done = None, 0.0
            touch(row, CLOCKWORK, now)
    return len(rows)


async def _computed(database: Database, run_id: Any) -> None:
    watch = Watch()
    beating = asyncio.create_task(_beat(database, run_id, watch))
    try:
        async with database.sessions() as session:
            run = await queries.run(session, run_id)
            read, terms = await _read(session, run)
        draft = await asyncio.to_thread(_decided, read, terms, run, watch)
        watch.stage, watch.done = RunStage.STORING, _STORING
        async with database.sessions.begin() as session:
            await _store(session, run_id, draft, now=utc_now())
    except Stopped:
        await _end(database, run_id, RunStatus.CANCELLED, None)
    except (TooManyTerms, ValueError, RuntimeError) as fault:
        log.warning("allocation failed", run=str(run_id), fault=repr(fault)[:300])
        await _end(database, run_id, RunStatus.FAILED, str(fault)[:300])
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


async def _read(session: AsyncSession, run: tables.AllocationRun) -> tuple[Read, Terms]:
    now = utc_now()
    in_force = (await rule_table(session)).at(city_day(now), run.area.ljust(12, "0"))
    people = _replayed if run.replay_from_on else _today
    read = Read(
        **await people(session, run),
        offers=await queries.offers(session),
        categories=await paths(session, Dictionary.SERVICE_CATEGORY),
    )
    policy = run.policy
    terms = Terms(
        span=_span(run),
        days=official_calendar(),
        now=now,
        reach_m=round(policy["reach_minutes"] * policy["speed_kmh"] * 1000 / 60),
        bound_funding=frozenset(policy["bound_funding"]),
        funding_level=in_force.rule("match.funding_level").number,
        is_tiered=policy["is_tiered"],
    )
    return read, terms


async def _today(session: AsyncSession, run: tables.AllocationRun) -> dict[str, Any]:
    """Who is open now, and what is left on the day."""
    return {
        "needs": await queries.needs(session, run.area, run.session_on),
        "standings": await queries.standings(session, run.area),
        "places": await queries.places(session, run),
    }


async def _replayed(session: AsyncSession, run: tables.AllocationRun) -> dict[str, Any]:
    """Who came in a past period, and all that there was."""
    span = _span(run)
    since = datetime.combine(span[0], time(), CITY_ZONE)
    until = datetime.combine(span[-1] + timedelta(days=1), time(), CITY_ZONE)
    return {
        "needs": await replays.needs(session, run.area, since, until),
        "standings": await replays.standings(session, run.area, since, until),
        "places": await replays.places(session, span[0], span[-1]),
    }


def _span(run: tables.AllocationRun) -> Sequence[date]:
    """The days of a run: one, or those of a replay."""
    first = run.replay_from_on or run.session_on
    return [first + timedelta(days=n) for n in range((run.session_on - first).days + 1)]


def _decided(read: Read, terms: Terms, run: tables.AllocationRun, watch: Watch) -> Draft:
    """The arithmetic, in a thread. Raises `Stopped`."""
    policy = run.policy
    found = inputs(read, terms)
    watch.stage, watch.done = RunStage.PAIRING, _PAIRING
    detour, count = policy["detour"], policy["candidates"]
    with _helpers(len(found.needs)) as pool:
        apply = map if pool is None else pool.map
        pairs = nearest(found.seekers, found.suppliers, detour=detour, count=count, apply=apply)
        if watch.is_stopped:
            raise Stopped
        fairness = Fairness(tuple(policy["fairness_shares"]), tuple(policy["fairness_steps"]))
        problem = Problem(found.needs, found.offerings, pairs, run.seed, fairness)
        watch.stage, watch.done = RunStage.SOLVING, _SOLVING
        certificate = _solved(problem, pool, watch)
    explained = explain(problem, certificate, found.seekers, found.suppliers, detour=detour)
    return Draft(found, Proof(problem, certificate), explained)


def _helpers(needs: int) -> AbstractContextManager[Executor | None]:
    """Processes to share the work with, where there is enough of it to pay for their start."""
    return processes(PROCESSES) if needs >= MANY else nullcontext()


def _solved(problem: Problem, pool: Executor | None, watch: Watch) -> Certificate:
    def told(progress: Progress) -> None:
        share = progress.done / max(progress.of, 1)
        watch.done = _SOLVING + (_STORING - _SOLVING) * share

    stopped: Callable[[], bool] = partial(getattr, watch, "is_stopped")
    return solve(problem, pool=pool, told=told, is_stopped=stopped)


async def _store(session: AsyncSession, run_id: Any, draft: Draft, *, now: datetime) -> None:
    row = await queries.run(session, run_id, lock=True)
    if row.status != RunStatus.RUNNING:
        return  # somebody took it for dead meanwhile
    problem, certificate = draft.proof
    await results.put_choices(session, run_id, _choices(draft))
    await results.put_file(session, run_id, await asyncio.to_thread(packed, draft.proof))
    await results.put_prices(session, run_id, _prices(draft, row.policy))
    if not row.is_dry:
        await give_back(session, run_id, keeps=True, now=now)
    totals = draft.explained.totals()
    row.status, row.stage, row.done = RunStatus.DRAFTED, RunStage.DONE, 1.0
    row.finished_at, row.needs = now, len(problem.needs)
    row.places = int(problem.offerings.places.sum(dtype="int64"))
    row.served = [int(count) for count in certificate.served]
    row.unserved = {reason.value: count for reason, count in totals.items() if count}
    row.objective = int(certificate.objective)
    row.inputs_sm3 = certificate.inputs.hex()
    row.certificate_sm3 = certificate.digest().hex()
    touch(row, CLOCKWORK, now)


def _choices(draft: Draft) -> list[dict[str, Any]]:
    """One row for each need: where it goes and how far that is, or why it goes nowhere."""
    problem, certificate = draft.proof
    pairs = problem.candidates
    cost = {}
    taken = pairs.offering == certificate.chosen[pairs.needs()]
    for need, metres in zip(pairs.needs()[taken], pairs.cost[taken], strict=True):
        cost[int(need)] = int(metres)
    rows = []
    for at, need_id in enumerate(draft.inputs.need_ids):
        chosen = int(certificate.chosen[at])
        why = draft.explained.reasons.get(at)
        rows.append(
            {
                "need_id": need_id,
                "offering_id": draft.inputs.offering_ids[chosen] if chosen >= 0 else None,
                "walking_m": cost.get(at),
                "reason": None if chosen >= 0 else _reason(why),
                "rule": None if why is None or why.mark is None else f"mark:{why.mark}",
                "competition": why.competition if why else None,
            }
        )
    return rows


def _prices(draft: Draft, policy: Mapping[str, Any]) -> dict[UUID, float]:
    """Prices in minutes on foot; none counts for more than the longest walk of the run."""
    grains_a_minute = policy["speed_kmh"] * 1000 / 60 * GRAINS
    minutes = draft.proof.certificate.prices / grains_a_minute
    limited = np.minimum(minutes, policy["reach_minutes"]).tolist()
    return dict(zip(draft.inputs.offering_ids, limited, strict=True))


def _reason(why: Any) -> UnmetReason:
    found: UnmetReason = UnmetReason.ALL_PLACES_TAKEN if why is None else why.reason
    return found


async def _end(database: Database, run_id: Any, status: RunStatus, fault: str | None) -> None:
    now = utc_now()
    async with database.sessions.begin() as session:
        row = await queries.run(session, run_id, lock=True)
        if row.status != RunStatus.RUNNING:
            return
        await give_back(session, row.id, keeps=False, now=now)
        row.status, row.fault, row.finished_at = status, fault, now
        touch(row, CLOCKWORK, now)
