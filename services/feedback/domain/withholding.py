"""Whose figures may be told, so that none on the few follows from all that is.

Pure. A category's ratings are counted by provider and contract and by venue, town, district and
city; what is told of one splitting bounds the other, so both are guarded together by
`common.suppression.flows`, three times over: how many rated, how many of them were not content, how
many did not answer.

What is told of a subject follows from how many chose each level there. So whole ratings go round
the circles of the first guard, one level at a time: number, score and share of all that is told
stay as they are. Those of the second exchange ratings for others of the same number and sum.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.flows import MANY, SINK, SOURCE, WIDTH, Edge, Net, Node, Room
from feedback.domain.cells import Cell, S, Subject, Sums, givers_of, places_of
from feedback.domain.scores import Levels


class Exchange(NamedTuple):
    """Ratings that go when others come, so that one more is not content."""

    come: tuple[int, ...]
    go: tuple[int, ...]


BAD, GOOD = (1, 2), (3, 4, 5)
# Where number and score are not told.
GONE: Final = tuple(Exchange((bad,), ()) for bad in BAD)
REPLACED: Final = tuple(Exchange((bad,), (good,)) for bad in BAD for good in GOOD)
# Where both are: as many ratings, with the same sum.
BALANCED: Final = (
    Exchange((2, 5), (3, 4)),
    Exchange((1, 5), (3, 3)),
    Exchange((2, 4), (3, 3)),
    Exchange((2, 5, 5), (4, 4, 4)),
    Exchange((1, 5, 5, 5), (4, 4, 4, 4)),
    Exchange((2, 2), (1, 3)),
    Exchange((2, 2, 2), (1, 1, 4)),
    Exchange((2, 2, 2, 2), (1, 1, 1, 5)),
)

ALIKE: Final = 8192  # so few ratings stand in most parts that many are alike


class Guard(NamedTuple):
    """How people of one sort are counted, and in which ways they could be others."""

    people: Callable[[Levels, int], int]  # of the levels, and of how many were silent
    rooms: Callable[[Levels, int], tuple[Room, ...]]
    width: int = WIDTH
    fixed: int = 0  # so many of the first moves change a number or score that is told


def _people_by_level(levels: Levels, _: int) -> tuple[Room, ...]:
    return tuple(Room(MANY, number) for number in levels.counts)


@lru_cache(maxsize=ALIKE)
def _bad_by_exchange(levels: Levels) -> tuple[Room, ...]:
    stay = levels.number - 1  # somebody is known to be there
    gone = tuple(Room(MANY, min(stay, _so_often(levels, each.come))) for each in GONE)
    exchanged = (*REPLACED, *BALANCED)
    return gone + tuple(
        Room(_so_often(levels, each.go), _so_often(levels, each.come)) for each in exchanged
    )


def _so_often(levels: Levels, group: tuple[int, ...]) -> int:
    """How often such ratings are there at once."""
    wanted = {level: group.count(level) for level in group}
    return min((levels.counts[at - 1] // number for at, number in wanted.items()), default=MANY)


RATED: Final = Guard(lambda levels, _: levels.number, _people_by_level)
NOT_CONTENT: Final = Guard(
    lambda levels, _: levels.bad,
    lambda levels, _: _bad_by_exchange(levels),
    width=1,
    fixed=len(GONE) + len(REPLACED),
)
SILENT: Final = Guard(lambda _, silent: silent, lambda _, silent: (Room(MANY, silent),))


class Flows(NamedTuple):
    """Between which nodes the parts of a category flow, and the figures of its subjects."""

    parts: Sequence[tuple[Node, Node, Cell]]
    ends: Mapping[Subject, tuple[Node, Node]]


class Counted(NamedTuple):
    """A category as one guard counts it: people, their flows, and whose figure is which."""

    people: Mapping[Subject, int]
    net: Net
    subjects: Mapping[int, Subject]


class Guarded(NamedTuple):
    """Whose count may be told, and whose follows from what is told although it may not."""

    told: set[Subject]
    exposed: set[Subject]


def shown(
    cells: Sequence[Cell], sums: Sums, rated: Collection[Subject]
) -> tuple[set[Subject], set[Subject]]:
    """Whose number and score are told, and whose share; who has a telling score has neither."""
    flows = _flows(cells)
    counted = _counted(flows, RATED, sums, rated)
    exposed: set[Subject] = set()
    while True:
        told = _guarded(counted, sums, rated, also=exposed).told
        one_sided = {each for each in told if _few_are_content(sums.levels[each])}
        bad = _counted(flows, NOT_CONTENT, sums, told)
        telling = _guarded(bad, sums, told, also=one_sided)
        if telling.exposed.isdisjoint(told):
            return told, telling.told
        exposed |= telling.exposed & told


def answering(cells: Sequence[Cell], sums: Sums, rated: Collection[Subject]) -> set[Subject]:
    """Whose response share is told: it says how many were served, and so how many were silent."""
    return _guarded(_counted(_flows(cells), SILENT, sums, rated), sums, rated).told


def _counted(flows: Flows, guard: Guard, sums: Sums, wanted: Collection[Subject]) -> Counted:
    people = {each: guard.people(sums.levels[each], sums.silent[each]) for each in sums.levels}
    edges, subjects = _edges(flows, guard, sums, wanted)
    return Counted(people, Net(edges, guard.width), subjects)


def _guarded(
    counted: Counted,
    sums: Sums,
    wanted: Collection[Subject],
    *,
    also: Collection[Subject] = (),
) -> Guarded:
    """Whose count of people may be told; where there is nobody, that may be told too.

    Unless nothing is told: then it stays open where somebody is.
    """
    people, net, subjects = counted
    nobody = {each for each in wanted if not people[each]}
    city = {each for each in sums.of(S.CITY) if each in wanted} - nobody
    if nobody == set(wanted):
        return Guarded(nobody, set())
    if sum(people[each] for each in city) < SMALLEST_FIGURE or not city.isdisjoint(also):
        return Guarded(set(), set())
    found = net.hidden({at for at, each in subjects.items() if each in also})
    if found is None:
        return Guarded(set(), set())
    told = {each for at, each in subjects.items() if at not in found.figures and each in wanted}
    if not found.exposed:
        return Guarded(nobody | city | told, set())
    return Guarded(set(), {subjects[at] for at in found.exposed})


def _edges(
    flows: Flows, guard: Guard, sums: Sums, wanted: Collection[Subject]
) -> tuple[list[Edge], dict[int, Subject]]:
    """The flows of a category, and which of them is whose figure."""
    edges: list[Edge] = []
    subjects: dict[int, Subject] = {}
    for tail, head, cell in flows.parts:
        people = guard.people(cell.levels, cell.silent)
        rooms = guard.rooms(cell.levels, cell.silent)
        if people or any(room.more for room in rooms):
            edges.append(Edge(tail, head, people, False, rooms, is_guarded=False))
    for subject, (tail, head) in flows.ends.items():
        levels, silent = sums.levels[subject], sums.silent[subject]
        people = guard.people(levels, silent)
        is_wanted = subject in wanted
        if not people and (is_wanted or not levels.number):
            continue  # that nobody is there is told
        rooms = _known(guard.rooms(levels, silent), guard.fixed, people, is_wanted=is_wanted)
        subjects[len(edges)] = subject
        edges.append(Edge(tail, head, people, is_wanted, rooms))
    return edges, subjects


@lru_cache(maxsize=ALIKE)
def _known(rooms: Sequence[Room], fixed: int, people: int, *, is_wanted: bool) -> tuple[Room, ...]:
    """The room of a subject, less what is known: somebody is there, or it would have been told."""
    free = [Room(MANY, min(room.fewer, people - is_wanted)) for room in rooms]
    if is_wanted:
        free[:fixed] = [Room(0, 0)] * fixed
    return tuple(free)


def _flows(cells: Sequence[Cell]) -> Flows:
    ends: dict[Subject, tuple[Node, Node]] = {}
    for cell in cells:
        ends |= _ends(cell)
    return Flows([(givers_of(cell)[-1], places_of(cell)[0], cell) for cell in cells], ends)


def _ends(cell: Cell) -> dict[Subject, tuple[Node, Node]]:
    """Between which nodes the figures of a cell's subjects flow; the city's is all that flows."""
    provider, *contract = givers_of(cell)
    *venue, town, district, _ = places_of(cell)
    within: dict[Subject, tuple[Node, Node]] = {
        **{each: (provider, each) for each in contract},
        **{each: (each, town) for each in venue},
    }
    return {
        provider: (SOURCE, provider),
        **within,
        town: (town, district),
        district: (district, SINK),
    }


def _few_are_content(levels: Levels) -> bool:
    """Whether the share would tell of the few who are content among the many who are not."""
    return 0 < levels.number - levels.bad < SMALLEST_FIGURE
