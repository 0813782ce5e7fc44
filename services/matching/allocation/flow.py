"""The cheapest flow of one category: need to offering to sink, or need to its street's hub to sink.

Exact, in integers, by OR-Tools' cost-scaling push-relabel. Which of several optima it returns is
its own affair; lots in the costs leave it little choice.
"""

from typing import Final

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.allocation.parts import Part
from matching.allocation.problem import TIERS, Ints

RANGE: Final = 1 << 62  # the solver multiplies costs by the number of nodes


class TooLarge(ValueError):
    """Costs times nodes pass what 64 bits hold: split the category or coarsen the costs."""


class NotSolved(RuntimeError):
    """The solver gave no optimum for a problem that always has one."""


def cheapest(part: Part, margin: int) -> Ints:
    """The offering of each need, or -1, at the least total of pairings, penalties and steps."""
    needs, offerings, hubs = len(part.needs), len(part.offerings), len(part.streets)
    sink = needs + offerings + hubs
    if (TIERS * margin + int(part.steps[-1]) + int(part.grains.max(initial=0))) * (
        sink + 2
    ) > RANGE:
        raise TooLarge(f"category {part.category}: margin {margin} over {sink + 1} nodes")
    flow = min_cost_flow.SimpleMinCostFlow()
    pairs = flow.add_arcs_with_capacity_and_unit_cost(
        part.rows(), needs + part.to, np.ones(len(part.to), np.int64), part.grains
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        np.arange(needs, dtype=np.int32),
        (needs + offerings + part.group).astype(np.int32),
        np.ones(needs, np.int64),
        part.penalty(margin),
    )
    _to_sink(
        flow, np.arange(needs, needs + offerings), sink, part.places, np.zeros(offerings, np.int64)
    )
    width = len(part.steps)
    hub = np.repeat(np.arange(needs + offerings, sink), width)
    _to_sink(flow, hub, sink, part.bands.ravel(), np.tile(part.steps, hubs))
    supply = np.zeros(sink + 1, np.int64)
    supply[:needs], supply[sink] = 1, -needs
    flow.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supply)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise NotSolved(f"category {part.category}: {status}")
    used = np.flatnonzero(flow.flows(pairs))
    chosen = np.full(needs, -1, np.int32)
    chosen[np.searchsorted(part.starts, used, side="right") - 1] = part.to[used]
    return chosen


def _to_sink(
    flow: min_cost_flow.SimpleMinCostFlow, tails: Ints, sink: int, capacity: Ints, cost: Ints
) -> None:
    flow.add_arcs_with_capacity_and_unit_cost(
        tails.astype(np.int32),
        np.full(len(tails), sink, np.int32),
        capacity.astype(np.int64),
        cost.astype(np.int64),
    )
