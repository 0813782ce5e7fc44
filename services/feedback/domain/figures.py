"""The figures of one release: what may be told of each category, of whom and where.

Pure. A category's ratings are counted by provider and contract and by town, district and city; what
is told of one splitting bounds the other, so both are guarded together by
`common.suppression.flows`, three times over: how many rated, how many of them were not content, how
many did not answer. Sums over categories are not told. Releases cover periods that share no rating
and are never revised: no two of them can be subtracted.

What is told of a subject follows from how many chose each level there. So whole ratings go round
the circles of the first guard, one level at a time: number, score and share of all that is told
stay as they are. Those of the second exchange ratings for others of the same number and sum.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from common.contracts.feedback_statistics import FigureSubject
from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.flows import MANY, SINK, SOURCE, WIDTH, Edge, Node, Room, hidden
from feedback.domain.scores import Levels, Prior, Scored, bands, prior_of, scored

S = FigureSubject
DISTRICT_DIGITS: Final = 6
CITY_DIGITS: Final = 2
MONTHS: Final = 12
PRIOR_DIGITS: Final = 6  # as told, so that a reader's score is ours


class Subject(NamedTuple):
    """Whom or what a figure is about."""

    kind: FigureSubject
    key: str


class Cell(NamedTuple):
    """What one provider was rated in one town under one contract; the smallest part, never told."""

    provider_id: UUID
    town: str
    levels: Levels
    served: int
    contract_id: UUID | None = None

    @property
    def silent(self) -> int:
        """How many were served and did not rate."""
        return max(0, self.served - self.levels.number)


@dataclass(frozen=True, slots=True)
class Told:
    """A figure; without `levels` it is withheld."""

    subject: Subject
    levels: Levels | None = None
    response: float | None = None
    score: Scored | None = None
    prior: Prior | None = None
    satisfied: float | None = None
    band: int | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """Levels and services of every subject of a category."""

    levels: Mapping[Subject, Levels]
    served: Mapping[Subject, int]
    silent: Mapping[Subject, int]

    def of(self, kind: FigureSubject) -> list[Subject]:
        """All subjects of one kind."""
        return [subject for subject in self.levels if subject.kind is kind]


class Exchange(NamedTuple):
    """Ratings that go when others come, so that one more is not content."""

    come: tuple[int, ...]
    go: tuple[int, ...]


BAD, GOOD = (1, 2), (3, 4, 5)
# Where the number of ratings, or the score, is not told.
REPLACING: Final = (
    *(Exchange((bad,), ()) for bad in BAD),
    *(Exchange((bad,), (good,)) for bad in BAD for good in GOOD),
)
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


class Guard(NamedTuple):
    """How people of one sort are counted, and in which ways they could be others."""

    people: Callable[[Levels, int], int]  # of the levels, and of how many were silent
    rooms: Callable[[Levels, int], tuple[Room, ...]]
    width: int = WIDTH
    fixed: int = 0  # so many of the first moves change a number of ratings that is told


def _people_by_level(levels: Levels, _: int) -> tuple[Room, ...]:
    return tuple(Room(MANY, number) for number in levels.counts)


def _bad_by_exchange(levels: Levels, _: int) -> tuple[Room, ...]:
    return tuple(
        Room(_so_often(levels, each.go), _so_often(levels, each.come))
        for each in (*REPLACING, *BALANCED)
    )


def _so_often(levels: Levels, group: tuple[int, ...]) -> int:
    """How often such ratings are there at once."""
    wanted = {level: group.count(level) for level in group}
    return min((levels.counts[at - 1] // number for at, number in wanted.items()), default=MANY)


RATED: Final = Guard(lambda levels, _: levels.number, _people_by_level)
NOT_CONTENT: Final = Guard(
    lambda levels, _: levels.bad, _bad_by_exchange, width=1, fixed=len(REPLACING)
)
SILENT: Final = Guard(lambda _, silent: silent, lambda _, silent: (Room(MANY, silent),))


def period_of(day: date, months: int) -> tuple[date, date]:
    """The period in which a day lies, both days included: months of a year, counted in full."""
    first = (day.month - 1) // months * months
    start = date(day.year, first + 1, 1)
    after = first + months
    end = date(day.year + after // MONTHS, after % MONTHS + 1, 1) - timedelta(days=1)
    return start, end


def figures(cells: Sequence[Cell], *, rank_minimum: int) -> list[Told]:
    """All figures of a category, told or withheld, in a stable order."""
    cells = _owned([cell for cell in cells if cell.levels.number or cell.served])
    sums = _sums(cells)
    rated = {each for each in sums.levels if sums.levels[each].number}
    shown, telling = _shown(cells, sums, rated)
    answering = _guarded(cells, SILENT, sums, shown).told
    prior = _prior(sums, shown)
    made = {
        each: _told(each, sums, prior, is_telling=each in telling, is_answering=each in answering)
        for each in shown
    }
    placed: dict[Subject, int] = {}
    for kind in S:
        field = {
            each.key: told.score
            for each, told in made.items()
            if each.kind is kind and told.score and sums.levels[each].number >= rank_minimum
        }
        placed |= {Subject(kind, key): band for key, band in bands(field).items()}
    return [
        replace(made[each], band=placed.get(each)) if each in made else Told(each)
        for each in sorted(rated)
    ]


def _owned(cells: Sequence[Cell]) -> list[Cell]:
    """Cells whose contract has one provider only; two under one contract are no subject."""
    owners: dict[UUID | None, set[UUID]] = defaultdict(set)
    for cell in cells:
        owners[cell.contract_id].add(cell.provider_id)
    return [cell if len(owners[cell.contract_id]) == 1 else _bare(cell) for cell in cells]


def _bare(cell: Cell) -> Cell:
    return cell._replace(contract_id=None)


def _prior(sums: Sums, shown: Collection[Subject]) -> Prior:
    """The prior of a category: bodies that are withheld count together as one.

    So it tells no more of them than what is left when all others are subtracted from the city.
    """
    bodies = sums.of(S.PROVIDER)
    told = [sums.levels[each] for each in bodies if each in shown]
    rest = sum((sums.levels[each] for each in bodies if each not in shown), Levels.of({}))
    prior = prior_of([*told, rest])
    return Prior(round(prior.mean, PRIOR_DIGITS), round(prior.strength, PRIOR_DIGITS))


def _sums(cells: Sequence[Cell]) -> Sums:
    levels: dict[Subject, Levels] = defaultdict(lambda: Levels.of({}))
    served: dict[Subject, int] = defaultdict(int)
    silent: dict[Subject, int] = defaultdict(int)
    for cell in cells:
        for subject in subjects_of(cell):
            levels[subject] += cell.levels
            served[subject] += cell.served
            silent[subject] += cell.silent
    return Sums(levels, served, silent)


def subjects_of(cell: Cell) -> tuple[Subject, ...]:
    """Whom a cell counts for: provider, contract, town, district, city."""
    contract = [] if cell.contract_id is None else [Subject(S.CONTRACT, str(cell.contract_id))]
    return (
        Subject(S.PROVIDER, str(cell.provider_id)),
        *contract,
        Subject(S.TOWN, cell.town),
        Subject(S.DISTRICT, cell.town[:DISTRICT_DIGITS].ljust(12, "0")),
        Subject(S.CITY, cell.town[:CITY_DIGITS].ljust(12, "0")),
    )


class Guarded(NamedTuple):
    """Whose count may be told, and whose follows from what is told although it may not."""

    told: set[Subject]
    exposed: set[Subject]


def _shown(
    cells: Sequence[Cell], sums: Sums, rated: Collection[Subject]
) -> tuple[set[Subject], set[Subject]]:
    """Whose number and score are told, and whose share; who has a telling score has neither."""
    exposed: set[Subject] = set()
    while True:
        shown = _guarded(cells, RATED, sums, rated, also=exposed).told
        one_sided = {each for each in shown if _few_are_content(sums.levels[each])}
        telling = _guarded(cells, NOT_CONTENT, sums, shown, also=one_sided)
        if telling.exposed.isdisjoint(shown):
            return shown, telling.told
        exposed |= telling.exposed & shown


def _guarded(
    cells: Sequence[Cell],
    guard: Guard,
    sums: Sums,
    wanted: Collection[Subject],
    *,
    also: Collection[Subject] = (),
) -> Guarded:
    """Whose count of people may be told; where there is nobody, that may be told too.

    Unless nothing is told: then it stays open where somebody is.
    """
    people = {each: guard.people(sums.levels[each], sums.silent[each]) for each in sums.levels}
    nobody = {each for each in wanted if not people[each]}
    city = {each for each in sums.of(S.CITY) if each in wanted} - nobody
    if nobody == set(wanted):
        return Guarded(nobody, set())
    if sum(people[each] for each in city) < SMALLEST_FIGURE or not city.isdisjoint(also):
        return Guarded(set(), set())
    edges, subjects = _edges(cells, guard, sums, wanted)
    taboo = {at for at, each in subjects.items() if each in also}
    found = hidden(edges, also=taboo, width=guard.width)
    if found is None:
        return Guarded(set(), set())
    told = {each for at, each in subjects.items() if at not in found.figures and each in wanted}
    if not found.exposed:
        return Guarded(nobody | city | told, set())
    return Guarded(set(), {subjects[at] for at in found.exposed})


def _edges(
    cells: Sequence[Cell], guard: Guard, sums: Sums, wanted: Collection[Subject]
) -> tuple[list[Edge], dict[int, Subject]]:
    """The flows of a category, and which of them is whose figure."""
    edges: list[Edge] = []
    subjects: dict[int, Subject] = {}
    ends: dict[Subject, tuple[Node, Node]] = {}
    for cell in cells:
        ends |= _ends(cell)
        people = guard.people(cell.levels, cell.silent)
        rooms = guard.rooms(cell.levels, cell.silent)
        if people or any(room.more for room in rooms):
            where = Subject(S.TOWN, cell.town)
            edges.append(Edge(_source(cell), where, people, False, rooms, is_guarded=False))
    for subject, (tail, head) in ends.items():
        levels, silent = sums.levels[subject], sums.silent[subject]
        people = guard.people(levels, silent)
        is_wanted = subject in wanted
        if not people and (is_wanted or not levels.number):
            continue  # that nobody is there is told
        rooms = _known(guard.rooms(levels, silent), guard, people, is_wanted=is_wanted)
        subjects[len(edges)] = subject
        edges.append(Edge(tail, head, people, is_wanted, rooms))
    return edges, subjects


def _known(
    rooms: Sequence[Room], guard: Guard, people: int, *, is_wanted: bool
) -> tuple[Room, ...]:
    """The room of a subject, less what is known: somebody is there, or it would have been told."""
    free = [Room(MANY, min(room.fewer, people - is_wanted)) for room in rooms]
    if is_wanted:
        free[: guard.fixed] = [Room(0, 0)] * guard.fixed
    return tuple(free)


def _ends(cell: Cell) -> dict[Subject, tuple[Node, Node]]:
    """Between which nodes the figures of a cell's subjects flow; the city's is all that flows."""
    provider, *contract, town, district, _ = subjects_of(cell)
    under: dict[Subject, tuple[Node, Node]] = {each: (provider, each) for each in contract}
    return {
        provider: (SOURCE, provider),
        **under,
        town: (town, district),
        district: (district, SINK),
    }


def _source(cell: Cell) -> Node:
    """Where a cell's people come from: the contract, or the provider itself."""
    provider, *contract, _, _, _ = subjects_of(cell)
    return contract[0] if contract else provider


def _few_are_content(levels: Levels) -> bool:
    """Whether the share would tell of the few who are content among the many who are not."""
    return 0 < levels.number - levels.bad < SMALLEST_FIGURE


def _told(
    subject: Subject, sums: Sums, prior: Prior, *, is_telling: bool, is_answering: bool
) -> Told:
    levels, served = sums.levels[subject], sums.served[subject]
    return Told(
        subject,
        levels,
        min(1.0, levels.number / served) if served and is_answering else None,
        scored(levels, prior),
        prior,
        1 - levels.bad / levels.number if is_telling else None,
    )
