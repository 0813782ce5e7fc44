"""Figures that count the same people twice: by who served them, and by where, level over level.

Each person is a unit that flows from the source to a provider, on to a town, up to its district and
into the sink; how many flow in all is told. A figure is what flows along one edge. Edges between
providers and towns are never published; all others are, as long as they tell nothing on the few.

Whoever reads all that is published still cannot tell the world from another one in which some
people are moved round a circle of hidden edges: so many more here, so many less there, and every
told figure as it is. A figure on the few is hidden well when such a circle changes it by `WIDTH`.
An edge says what it has room for: a circle that needs three to leave does not lead where two are.
Source: rule `publish.minimum`; Gusfield (1988); Kelly, Golden, Assad (1992), network flows.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from common.contracts.shapes import SMALLEST_FIGURE

SOURCE: Final = "source"
SINK: Final = "sink"
WIDTH: Final = 3  # by how much a figure on the few could be another, for all that is told
MANY: Final = 1 << 40
Node = Hashable


class Room(NamedTuple):
    """How often a kind of move may go along an edge, and how often against it."""

    more: int
    fewer: int


class Edge(NamedTuple):
    """A figure: how many people flow from one node to another; at least one.

    `rooms` has one room for each kind of move, in the same order on all edges; without it people
    are alike, and of a figure that may be told it is known that somebody stands behind it. What is
    not guarded may be worked out.
    """

    tail: Node
    head: Node
    people: int
    may_be_told: bool = True
    rooms: tuple[Room, ...] = ()
    is_guarded: bool = True

    def room(self, move: int) -> Room:
        """The room for one kind of move."""
        return self.rooms[move] if self.rooms else Room(MANY, self.people - self.may_be_told)


_Step = tuple[int, int, int, int]
"""Over which edge one gets to which node, how many people that would hide, and by which moves.

Moves are bits: one search goes round with all kinds of them at once.
"""


class _Run(NamedTuple):
    """The moves that change a figure one way, and between which nodes their circle is closed."""

    moves: int
    start: int
    goal: int


class _Way(NamedTuple):
    """A circle's other edges, and how many people they newly hide."""

    cost: int
    edges: Collection[int]


_Trail = tuple[int, Any] | None
"""The edge that one came over last, and the trail before it."""


class Hidden(NamedTuple):
    """What is hidden, and what of it is not guarded: it follows from what is told."""

    figures: set[int]
    exposed: set[int]


def hidden(
    edges: Sequence[Edge], *, also: Collection[int] = (), width: int = WIDTH
) -> Hidden | None:
    """The places in `edges` to hide, `also` among them; None when no sum of the few may be told.

    Every figure on the few is hidden, and so are the smallest others that keep each of them from
    being worked out, alone or as the sum of what is hidden at a node. Deterministic.
    """
    return Net(edges, width).hidden(also)


class Net:
    """The graph of all figures; its nodes are numbered."""

    def __init__(self, edges: Sequence[Edge], width: int = WIDTH) -> None:
        """Figures that may be asked for what to hide more than once."""
        self._edges = edges
        numbers: dict[Node, int] = {}
        for edge in edges:
            numbers.setdefault(edge.tail, len(numbers))
            numbers.setdefault(edge.head, len(numbers))
        self._into: list[list[int]] = [[] for _ in numbers]
        self._out_of: list[list[int]] = [[] for _ in numbers]
        self._ahead: list[list[_Step]] = [[] for _ in numbers]
        self._back: list[list[_Step]] = [[] for _ in numbers]
        self._ends: list[tuple[int, int]] = []
        self._free: list[tuple[int, int]] = []  # by which moves a figure may grow, and shrink
        self._moves: dict[tuple[Room, ...], tuple[int, int]] = {}
        self._kinds = range(max((len(edge.rooms) for edge in edges), default=1) or 1)
        for at, edge in enumerate(edges):
            more, fewer = self._room(edge, width)
            self._add(at, numbers[edge.tail], numbers[edge.head], more, fewer)

    def _room(self, edge: Edge, width: int) -> tuple[int, int]:
        """The moves that may go along an edge, and those that may go against it."""
        found = self._moves.get(edge.rooms) if edge.rooms else None
        if found is None:
            rooms = [(1 << move, edge.room(move)) for move in self._kinds]
            more = sum(bit for bit, room in rooms if room.more >= width)
            found = more, sum(bit for bit, room in rooms if room.fewer >= width)
            self._moves[edge.rooms] = found
        return found

    def _add(self, at: int, tail: int, head: int, more: int, fewer: int) -> None:
        people = self._edges[at].people
        self._out_of[tail].append(at)
        self._into[head].append(at)
        self._ends.append((tail, head))
        self._free.append((more, fewer))
        if more:
            self._ahead[tail].append((at, head, people, more))
            self._back[head].append((at, tail, people, more))
        if fewer:
            self._ahead[head].append((at, tail, people, fewer))
            self._back[tail].append((at, head, people, fewer))

    def hidden(self, also: Collection[int] = ()) -> Hidden | None:
        """What is to be hidden (`hidden`)."""
        edges = self._edges
        guarded = {
            at
            for at, edge in enumerate(edges)
            if at in also or (edge.is_guarded and 0 < edge.people < SMALLEST_FIGURE)
        }
        covered = {at for at, edge in enumerate(edges) if not edge.may_be_told} | guarded
        exposed = set()
        if not self._close(covered):
            return None
        for at in sorted(guarded - self._on_rings(covered)):
            way = self._way_round(covered, at)
            if way is None:
                exposed.add(at)
            else:
                covered.update(way.edges)
        if not self._close(covered):
            return None
        return Hidden({at for at in covered if edges[at].may_be_told}, exposed)

    def _on_rings(self, covered: Collection[int]) -> set[int]:
        """Edges of which covered ones close a circle, so far as rings tell: nearly all of them.

        Where a move goes one way only along a covered edge, and both of its ends lie in one ring
        (a strongly connected component), others lead back.
        """
        tail, head = np.array(self._ends, dtype=np.int32).reshape(-1, 2).T
        free = np.array(self._free, dtype=np.int64).reshape(-1, 2)
        is_covered, found = np.zeros((2, len(tail)), dtype=np.bool_)
        is_covered[list(covered)] = True
        size = len(self._ahead), len(self._ahead)
        for move in self._kinds:
            more, fewer = (free >> move & 1).astype(np.bool_).T
            along, against = more & is_covered, fewer & is_covered
            starts = np.concatenate((tail[along], head[against]))
            ends = np.concatenate((head[along], tail[against]))
            arcs = coo_array((np.ones(len(starts), dtype=np.int32), (starts, ends)), shape=size)
            _, ring = connected_components(arcs.tocsr(), directed=True, connection="strong")
            found |= is_covered & (more != fewer) & (ring[tail] == ring[head])
        return set(np.flatnonzero(found).tolist())

    def _close(self, covered: set[int]) -> bool:
        """Hide more until what is hidden at each node is about ten people; whether it can be."""
        while True:
            before = len(covered)
            if not all(self._closed(line, covered) for line in self._lines(covered)):
                return False
            if len(covered) == before:
                return True

    def _lines(self, covered: Collection[int]) -> Iterator[list[int]]:
        """Edges into or out of a node whose sum is told: the other side is, or there is none."""
        for into, out_of in zip(self._into, self._out_of, strict=True):
            for line, other in ((into, out_of), (out_of, into)):
                is_told = not any(at in covered for at in other)
                if is_told and all(self._edges[at].may_be_told for at in line):
                    yield line

    def _closed(self, line: Sequence[int], covered: set[int]) -> bool:
        """Hide the smallest of a line until ten people are hidden in it; whether it has so many."""
        under = [at for at in line if at in covered]
        while under and sum(self._edges[at].people for at in under) < SMALLEST_FIGURE:
            rest = [at for at in line if at not in covered]
            if not rest:
                return False
            smallest = min(rest, key=lambda at: (self._edges[at].people, at))
            under.append(smallest)
            covered.add(smallest)
        return True

    def _way_round(self, covered: Collection[int], at: int) -> _Way | None:
        """The lightest circle that changes a figure enough, up or down; None: there is none.

        What is hidden costs nothing, so a figure that is on such a circle already costs nothing.
        """
        (tail, head), (more, fewer) = self._ends[at], self._free[at]
        runs = [_Run(more, head, tail), _Run(fewer, tail, head)]
        search_for = partial(_Search, self._ahead, self._back, without=at)
        searches = [search_for(run) for run in runs]
        if any(search.meets(covered) for search in searches):
            return _Way(0, ())
        best: _Way | None = None
        for run, search in zip(runs, searches, strict=True):
            # Known soon where there is none: one of its ends leads nowhere.
            if search_for(run).meets(range(len(self._edges))):
                best = search.lightest(covered, below=best.cost if best else MANY) or best
        return best


class _Search:
    """Looks for a circle from both of its ends."""

    def __init__(
        self,
        ahead: Sequence[Sequence[_Step]],
        back: Sequence[Sequence[_Step]],
        run: _Run,
        *,
        without: int,
    ) -> None:
        self._without = without
        self._ends = _End(ahead, run.start, run.moves), _End(back, run.goal, run.moves)

    def meets(self, among: Collection[int]) -> bool:
        """Whether a circle can be closed by some edges alone."""
        first, second = self._ends
        while first.front and second.front:
            here, there = (first, second) if first.width <= second.width else (second, first)
            if here.grow(among, self._without, there.came):
                return True
        return False

    def lightest(self, covered: Collection[int], *, below: int) -> _Way | None:
        """The lightest way that closes the circle, below some cost; None: there is none.

        What is covered alone does not close it: so from one end, all that this leads to is known,
        and wherever it led from the other end the way is as good as closed.
        """
        known, other = sorted(self._ends, key=lambda end: len(end.front))
        steps, goals = known.steps, other.came
        settled: dict[int, int] = defaultdict(int)
        order = count()
        waiting: list[tuple[int, int, int, int, _Trail]] = [
            (0, next(order), node, moves, None) for node, moves in known.came.items()
        ]
        while waiting:
            cost, _, node, moves, trail = heappop(waiting)
            moves &= ~settled[node]
            if not moves:
                continue
            if moves & goals.get(node, 0):
                return _Way(cost, tuple(_walked(trail)))
            settled[node] |= moves
            for at, far, people, room in steps[node]:
                rest = moves & room & ~settled[far]
                if not rest or at == self._without:
                    continue
                dearer = cost if at in covered else cost + people
                if dearer < below:
                    heappush(waiting, (dearer, next(order), far, rest, (at, trail)))
        return None


class _End:
    """By which moves one has come where from one end of a way, and where one stands."""

    def __init__(self, steps: Sequence[Sequence[_Step]], start: int, moves: int) -> None:
        self.steps = steps
        self.came: dict[int, int] = {start: moves}
        self.front = [(start, moves)] if moves else []
        self.width = len(steps[start])

    def grow(self, among: Collection[int], without: int, other: Mapping[int, int]) -> bool:
        """Go one step further over some edges; whether that meets the other end."""
        front, self.front, self.width = self.front, [], 0
        came, steps = self.came, self.steps
        for node, moves in front:
            for at, far, _, room in steps[node]:
                known = came.get(far, 0)
                fresh = moves & room & ~known
                if not fresh or at == without or at not in among:
                    continue
                came[far] = known | fresh
                if fresh & other.get(far, 0):
                    return True
                self.front.append((far, fresh))
                self.width += len(steps[far])
        return False


def _walked(trail: _Trail) -> Iterator[int]:
    """The edges of a trail, the last one first."""
    while trail is not None:
        at, trail = trail
        yield at
