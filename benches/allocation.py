"""A citywide allocation, exact and proven, beside one whole-city call of OR-Tools in the same run.

`ALLOCATION=1000000` takes a million needs.
"""

import os
import resource
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from ortools.graph.python import min_cost_flow

from benches import Row
from benches.allocation_city import city, tables
from common.processes import processes
from matching.allocation.candidates import LEAST, Scale, nearest
from matching.allocation.checking import check
from matching.allocation.problem import TIERS, Fairness, Problem
from matching.allocation.solving import solve

NEEDS: Final = int(os.environ.get("ALLOCATION", "100000"))
OFFERINGS: Final = 200_000
DETOUR: Final = 1.3
FAIR: Final = Fairness((0, 20, 50), (0, 200, 600))


def rows() -> list[Row]:
    """Times of each step, the ratio to the whole-city call, and what was served."""
    seekers, suppliers = city(NEEDS, OFFERINGS)
    needs, offerings = tables(seekers, suppliers, 2 * NEEDS if NEEDS < OFFERINGS else 823_000)
    with processes(2) as pool:
        list(pool.map(abs, range(8)))  # the processes are there
        spread: Any = pool.map
        paired, pairs = _timed(
            lambda: nearest(seekers, suppliers, Scale(DETOUR), count=LEAST, apply=spread)
        )
        problem = Problem(needs, offerings, pairs, "bench", FAIR)
        solved, found = _timed(lambda: solve(problem, pool=pool))
    checked, fault = _timed(lambda: check(problem, found))
    whole, served = _timed(lambda: _whole(problem)) if NEEDS <= 100_000 else (None, None)
    made = [
        Row("needs, offerings, pairs", f"{NEEDS:,}, {OFFERINGS:,}, {len(pairs):,}", ""),
        Row(f"{LEAST} candidates for each need, two processes", f"{paired:.1f} s", ""),
        Row("solved by category with fairness, two processes", f"{solved:.1f} s", ""),
        Row("candidates and solution", f"{paired + solved:.1f} s", _bar()),
        Row("certificate checked without a solver", f"{checked:.1f} s", ""),
        Row("certificate holds", str(fault is None), "True"),
        Row("served by tier", ", ".join(f"{count:,}" for count in found.served), ""),
        Row("peak memory of this process", f"{_peak_mb():.0f} MB", ""),
    ]
    if whole is not None:
        made += [
            Row(
                "one whole-city call of OR-Tools (no fairness)",
                f"{whole:.1f} s, {served:,} served",
                "",
            ),
            Row("ours by theirs", f"{solved / whole:.2f}", "<= 0.6"),
        ]
    return made


def _bar() -> str:
    return "<= 10 s with reading and storing" if NEEDS <= 100_000 else "<= 150 s"


def _whole(problem: Problem) -> int:
    """The same pairs in one flow, a margin for each tier as a careful caller would set it."""
    needs, offerings, pairs = problem.sizes()
    cost = problem.candidates.cost.astype(np.int64)
    dearest = int(cost.max(initial=0)) + 1
    margin = 8 * dearest
    flow = min_cost_flow.SimpleMinCostFlow()
    sink = needs + offerings
    taken = flow.add_arcs_with_capacity_and_unit_cost(
        problem.candidates.needs(), needs + problem.candidates.offering, np.ones(pairs, int), cost
    )
    stay = (TIERS - problem.needs.tier.astype(np.int64)) * margin
    everyone = np.arange(needs, dtype=np.int32)
    flow.add_arcs_with_capacity_and_unit_cost(
        everyone, np.full(needs, sink, np.int32), np.ones(needs, int), stay
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        np.arange(needs, sink, dtype=np.int32),
        np.full(offerings, sink, np.int32),
        problem.offerings.places.astype(np.int64),
        np.zeros(offerings, int),
    )
    supply = np.zeros(sink + 1, np.int64)
    supply[:needs], supply[sink] = 1, -needs
    flow.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supply)
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("the whole-city call found no optimum")
    return int(flow.flows(taken).sum())


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
