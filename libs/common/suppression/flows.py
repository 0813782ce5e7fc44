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
from heapq import heappop, heappush
from itertools import count
from typing import Final, NamedTuple

from common.contracts.shapes import SMALLEST_FIGURE

SOURCE: Final = "source"
SINK: Final = "sink"
WIDTH: Final = 3  # by how much a figure on the few could be another, for all that is told
MANY: Final = 1 << 40
Node = Hashable
Came = dict[Node, tuple[Node, int] | None]


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


class _Step(NamedTuple):
    """Over which edge one gets from a node to another, and how many people that would hide."""

    at: int
    far: Node
    people: int


class _Try(NamedTuple):
    """A move that changes a figure, and between which nodes its circle has to be closed."""

    move: int
    start: Node
    goal: Node


class _Way(NamedTuple):
    """A circle's other edges, and how many people they newly hide."""

    cost: int
    edges: tuple[int, ...]


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
    guarded = {
        at
        for at, edge in enumerate(edges)
        if at in also or (edge.is_guarded and 0 < edge.people < SMALLEST_FIGURE)
    }
    covered = {at for at, edge in enumerate(edges) if not edge.may_be_told} | guarded
    net = _Net(edges, width)
    exposed = set()
    if not net.close(covered):
        return None
    for at in sorted(guarded):
        way = net.way_round(covered, at)
        if way is None:
            exposed.add(at)
        else:
            covered.update(way.edges)
    if not net.close(covered):
        return None
    return Hidden({at for at in covered if edges[at].may_be_told}, exposed)


class _Net:
    """The graph of all figures."""

    def __init__(self, edges: Sequence[Edge], width: int) -> None:
        self._edges, self._width = edges, width
        self._into: Mapping[Node, list[int]] = defaultdict(list)
        self._out_of: Mapping[Node, list[int]] = defaultdict(list)
        for at, edge in enumerate(edges):
            self._into[edge.head].append(at)
            self._out_of[edge.tail].append(at)
        moves = range(max((len(edge.rooms) for edge in edges), default=1) or 1)
        self._ahead = [self._steps(move) for move in moves]
        self._back = [_reversed(steps) for steps in self._ahead]
        self._moves = sorted(moves, key=lambda move: -sum(map(len, self._ahead[move].values())))

    def _steps(self, move: int) -> Mapping[Node, list[_Step]]:
        """Where each node leads along the edges that have room for a move."""
        found: Mapping[Node, list[_Step]] = defaultdict(list)
        for at, edge in enumerate(self._edges):
            more, fewer = edge.room(move)
            if more >= self._width:
                found[edge.tail].append(_Step(at, edge.head, edge.people))
            if fewer >= self._width:
                found[edge.head].append(_Step(at, edge.tail, edge.people))
        return found

    def close(self, covered: set[int]) -> bool:
        """Hide more until what is hidden at each node is about ten people; whether it can be."""
        while True:
            before = len(covered)
            if not all(self._closed(line, covered) for line in self._lines(covered)):
                return False
            if len(covered) == before:
                return True

    def _lines(self, covered: Collection[int]) -> Iterator[list[int]]:
        """Edges into or out of a node whose sum is told: the other side is, or there is none."""
        for node in dict.fromkeys([*self._into, *self._out_of]):
            into, out_of = self._into[node], self._out_of[node]
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

    def way_round(self, covered: Collection[int], at: int) -> _Way | None:
        """The lightest circle that changes a figure enough, up or down; None: there is none.

        What is hidden costs nothing, so a figure that is on such a circle already costs nothing.
        """
        tries = self._free(at)
        for move, start, goal in tries:
            if found := self._hidden_way(covered, move, start, goal, without=at):
                return found
        best: _Way | None = None
        for move, start, goal in tries:
            below = best.cost if best else MANY
            best = self._way(covered, move, start, goal, without=at, below=below) or best
        return best

    def _free(self, at: int) -> list[_Try]:
        """The moves that a figure itself has room for, what is common first."""
        edge = self._edges[at]
        rooms = [(move, edge.room(move)) for move in self._moves]
        ups = [_Try(move, edge.head, edge.tail) for move, room in rooms if room.more >= self._width]
        downs = [_Try(m, edge.tail, edge.head) for m, room in rooms if room.fewer >= self._width]
        return [*ups, *downs]

    def _hidden_way(
        self, covered: Collection[int], move: int, start: Node, goal: Node, *, without: int
    ) -> _Way | None:
        """A way over what is hidden already, looked for from both of its ends."""
        ends = _End(self._ahead[move], start), _End(self._back[move], goal)
        while ends[0].front and ends[1].front:
            here, there = sorted(ends, key=lambda end: len(end.front))
            met = here.grow(covered, without, there.came)
            if met is not None:
                return _Way(0, tuple(edge for end in ends for edge in _walked(end.came, met)))
        return None

    def _way(
        self,
        covered: Collection[int],
        move: int,
        start: Node,
        goal: Node,
        *,
        without: int,
        below: int,
    ) -> _Way | None:
        """The lightest way from one node to another that has room for a move, below some cost."""
        steps = self._ahead[move]
        costs: dict[Node, int] = {start: 0}
        came: Came = {start: None}
        order = count()
        waiting: list[tuple[int, int, Node]] = [(0, next(order), start)]
        while waiting:
            cost, _, node = heappop(waiting)
            if node == goal:
                return _Way(cost, tuple(_walked(came, goal)))
            if cost > costs[node]:
                continue
            for at, far, people in steps.get(node, ()):
                dearer = cost if at in covered else cost + people
                if dearer < below and dearer < costs.get(far, MANY) and at != without:
                    costs[far], came[far] = dearer, (node, at)
                    heappush(waiting, (dearer, next(order), far))
        return None


class _End:
    """How far one has come from one end of a way, and the nodes where one stands."""

    def __init__(self, steps: Mapping[Node, Sequence[_Step]], start: Node) -> None:
        self._steps = steps
        self.came: Came = {start: None}
        self.front: list[Node] = [start]

    def grow(self, covered: Collection[int], without: int, other: Came) -> Node | None:
        """Go one step further over hidden edges; the node where that meets the other end."""
        front, self.front = self.front, []
        for node in front:
            for at, far, _ in self._steps.get(node, ()):
                if far in self.came or at == without or at not in covered:
                    continue
                self.came[far] = (node, at)
                if far in other:
                    return far
                self.front.append(far)
        return None


def _reversed(steps: Mapping[Node, Sequence[_Step]]) -> Mapping[Node, list[_Step]]:
    """The same steps from where they lead to where they start."""
    found: Mapping[Node, list[_Step]] = defaultdict(list)
    for node, ahead in steps.items():
        for at, far, people in ahead:
            found[far].append(_Step(at, node, people))
    return found


def _walked(came: Came, node: Node) -> Iterator[int]:
    """The edges over which one came to a node."""
    while step := came[node]:
        node, at = step
        yield at
