"""The figures of one release: what may be told of each category, of whom and where.

Pure. A category's ratings are counted by provider and by town, district and city; what is told of
one splitting bounds the other, so both are guarded together (`common.suppression.flows`). Sums over
categories are not told. Releases cover periods that share no rating and are never revised: no two
of them can be subtracted.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from common.contracts.feedback_statistics import FigureSubject
from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.flows import SINK, SOURCE, Edge, Node, hidden
from feedback.domain.scores import Levels, Prior, Scored, bands, prior_of, scored

S = FigureSubject
DISTRICT_DIGITS: Final = 6
CITY_DIGITS: Final = 2
MONTHS: Final = 12


class Subject(NamedTuple):
    """Whom or what a figure is about."""

    kind: FigureSubject
    key: str


class Cell(NamedTuple):
    """What one provider was rated in one town; the smallest part, never told."""

    provider_id: UUID
    town: str
    levels: Levels
    served: int


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

    def of(self, kind: FigureSubject) -> list[Levels]:
        """The levels of all subjects of one kind."""
        return [levels for subject, levels in self.levels.items() if subject.kind is kind]


def period_of(day: date, months: int) -> tuple[date, date]:
    """The period in which a day lies, both days included: months of a year, counted in full."""
    first = (day.month - 1) // months * months
    start = date(day.year, first + 1, 1)
    after = first + months
    end = date(day.year + after // MONTHS, after % MONTHS + 1, 1) - timedelta(days=1)
    return start, end


def figures(cells: Sequence[Cell], *, rank_minimum: int) -> list[Told]:
    """All figures of a category, told or withheld, in a stable order."""
    sums = _sums([cell for cell in cells if cell.levels.number or cell.served])
    shown = _shown(cells, lambda levels: levels.number, sums.levels)
    telling = _shown(
        cells,
        lambda levels: levels.bad,
        sums.levels,
        only=shown,
        also={each for each in shown if _few_are_content(sums.levels[each])},
    )
    prior = prior_of(sums.of(S.PROVIDER))
    made = {each: _told(each, sums, prior, each in telling) for each in shown}
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
        for each in sorted(sums.levels)
        if sums.levels[each].number
    ]


def _sums(cells: Sequence[Cell]) -> Sums:
    levels: dict[Subject, Levels] = defaultdict(lambda: Levels.of({}))
    served: dict[Subject, int] = defaultdict(int)
    for cell in cells:
        for subject in subjects_of(cell):
            levels[subject] += cell.levels
            served[subject] += cell.served
    return Sums(levels, served)


def subjects_of(cell: Cell) -> tuple[Subject, ...]:
    """Whom a cell counts for: provider, town, district, city."""
    return (
        Subject(S.PROVIDER, str(cell.provider_id)),
        Subject(S.TOWN, cell.town),
        Subject(S.DISTRICT, cell.town[:DISTRICT_DIGITS].ljust(12, "0")),
        Subject(S.CITY, cell.town[:CITY_DIGITS].ljust(12, "0")),
    )


def _shown(
    cells: Sequence[Cell],
    people: Callable[[Levels], int],
    sums: Mapping[Subject, Levels],
    *,
    only: Collection[Subject] | None = None,
    also: Collection[Subject] = (),
) -> set[Subject]:
    """Whose count of people may be told; where there is nobody, that may be told too."""
    wanted = {each for each in sums if (only is None or each in only) and sums[each].number}
    nobody = {each for each in wanted if not people(sums[each])}
    city = {each for each in wanted - nobody if each.kind is S.CITY}
    total = sum(people(sums[each]) for each in city)
    if total < SMALLEST_FIGURE or not city.isdisjoint(also):
        return nobody
    edges, subjects = _edges(cells, people, sums, wanted)
    withheld = hidden(edges, also={at for at, each in subjects.items() if each in also})
    if withheld is None:
        return nobody
    told = {each for at, each in subjects.items() if at not in withheld and each in wanted}
    return nobody | city | told


def _edges(
    cells: Sequence[Cell],
    people: Callable[[Levels], int],
    sums: Mapping[Subject, Levels],
    wanted: Collection[Subject],
) -> tuple[list[Edge], dict[int, Subject]]:
    """The flows of a category, and which of them is whose figure."""
    edges: list[Edge] = []
    subjects: dict[int, Subject] = {}
    tellable = set(wanted)
    for subject, levels in sums.items():
        if subject.kind is S.CITY or not people(levels):
            continue
        subjects[len(edges)] = subject
        ends: tuple[Node, Node] = (SOURCE, subject)
        if subject.kind is S.TOWN:
            ends = (subject, Subject(S.DISTRICT, subject.key[:DISTRICT_DIGITS].ljust(12, "0")))
        elif subject.kind is S.DISTRICT:
            ends = (subject, SINK)
        edges.append(Edge(*ends, people(levels), subject in tellable))
    for cell in cells:
        if people(cell.levels):
            provider, town, *_ = subjects_of(cell)
            edges.append(Edge(provider, town, people(cell.levels), may_be_told=False))
    return edges, subjects


def _few_are_content(levels: Levels) -> bool:
    """Whether the share would tell of the few who are content among the many who are not."""
    return 0 < levels.number - levels.bad < SMALLEST_FIGURE


def _told(subject: Subject, sums: Sums, prior: Prior, is_telling: bool) -> Told:
    levels, served = sums.levels[subject], sums.served[subject]
    return Told(
        subject,
        levels,
        min(1.0, levels.number / served) if served else None,
        scored(levels, prior),
        prior,
        1 - levels.bad / levels.number if is_telling else None,
    )
