"""Figures that count the same people twice: by who served them, and by where, level over level.

Each person is a unit that flows from the source to a provider, on to a town, up to its district and
into the sink; how many flow in all is told. A figure is what flows along one edge. Edges between
providers and towns are never published; all others are, as long as they tell nothing on the few.

With everything that is published a figure can be worked out exactly when its edge is a bridge of
the graph of what is not: else people can be moved round a circle of hidden edges, one more here,
one less there, and all that is published stays as it is.
Source: rule `publish.minimum`; Gusfield (1988); Kelly, Golden, Assad (1992), network flows.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import Final, NamedTuple

from common.contracts.shapes import SMALLEST_FIGURE

SOURCE: Final = "source"
SINK: Final = "sink"
Node = Hashable


class Edge(NamedTuple):
    """A figure: how many people flow from one node to another; at least one."""

    tail: Node
    head: Node
    people: int
    may_be_told: bool = True


def hidden(edges: Sequence[Edge], *, also: Collection[int] = ()) -> set[int] | None:
    """The places in `edges` to hide, `also` among them; None when only hiding all would help.

    Every figure on the few is hidden, and so are the smallest others that keep each of them from
    being worked out, alone or as the sum of what is hidden at a node. Deterministic.
    """
    guarded = {
        at
        for at, edge in enumerate(edges)
        if edge.may_be_told and (edge.people < SMALLEST_FIGURE or at in also)
    }
    covered = {at for at, edge in enumerate(edges) if not edge.may_be_told} | guarded
    while True:
        before = len(covered)
        for line in _lines(edges, covered):
            if not _close(edges, line, covered):
                return None
        for at in sorted(guarded):
            way = _way_round(edges, covered, at)
            if way is None:
                return None
            covered.update(way)
        if len(covered) == before:
            return {at for at in covered if edges[at].may_be_told}


def _lines(edges: Sequence[Edge], covered: Collection[int]) -> Iterator[list[int]]:
    """Edges into or out of a node whose sum is told: the other side is, or there is no other."""
    into: Mapping[Node, list[int]] = defaultdict(list)
    out_of: Mapping[Node, list[int]] = defaultdict(list)
    for at, edge in enumerate(edges):
        into[edge.head].append(at)
        out_of[edge.tail].append(at)
    for node in dict.fromkeys([*into, *out_of]):
        for line, other in ((into[node], out_of[node]), (out_of[node], into[node])):
            is_told = not any(at in covered for at in other)
            if is_told and all(edges[at].may_be_told for at in line):
                yield line


def _close(edges: Sequence[Edge], line: Sequence[int], covered: set[int]) -> bool:
    """Hide more of a line until what is hidden in it is about ten people; whether it can be."""
    under = [at for at in line if at in covered]
    while under and sum(edges[at].people for at in under) < SMALLEST_FIGURE:
        rest = [at for at in line if at not in covered]
        if not rest:
            return False
        smallest = min(rest, key=lambda at: (edges[at].people, at))
        under.append(smallest)
        covered.add(smallest)
    return True


def _way_round(edges: Sequence[Edge], covered: Collection[int], at: int) -> list[int] | None:
    """The lightest way from one end of an edge to the other without it; None: there is none.

    What is hidden costs nothing, so an edge that is on a circle already costs nothing more.
    """
    beside: Mapping[Node, list[int]] = defaultdict(list)
    for number, edge in enumerate(edges):
        if number != at:
            beside[edge.tail].append(number)
            beside[edge.head].append(number)
    start, goal = edges[at].tail, edges[at].head
    best: dict[Node, int] = {start: 0}
    came: dict[Node, tuple[Node, int]] = {}
    waiting: list[tuple[int, int, Node]] = [(0, 0, start)]
    while waiting:
        cost, _, node = heappop(waiting)
        if node == goal:
            return _walked(came, start, goal)
        if cost > best[node]:
            continue
        for number in beside[node]:
            tail, head, people, _ = edges[number]
            far = head if node == tail else tail
            dearer = cost + (0 if number in covered else people)
            if dearer < best.get(far, dearer + 1):
                best[far], came[far] = dearer, (node, number)
                heappush(waiting, (dearer, number, far))
    return None


def _walked(came: Mapping[Node, tuple[Node, int]], start: Node, goal: Node) -> list[int]:
    way, node = [], goal
    while node != start:
        node, number = came[node]
        way.append(number)
    return way
