"""What figures are counted from: parts that are never told, and whom each counts for. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from common.contracts.feedback_statistics import FigureSubject
from feedback.domain.scores import Levels

S = FigureSubject
DISTRICT_DIGITS: Final = 6
CITY_DIGITS: Final = 2


class Subject(NamedTuple):
    """Whom or what a figure is about."""

    kind: FigureSubject
    key: str


class Cell(NamedTuple):
    """What a provider was rated in a town, under a contract, in a venue: the smallest part.

    It is never told.
    """

    provider_id: UUID
    town: str
    levels: Levels
    served: int
    contract_id: UUID | None = None
    venue_id: UUID | None = None

    @property
    def silent(self) -> int:
        """How many were served and did not rate."""
        return max(0, self.served - self.levels.number)


@dataclass(frozen=True, slots=True)
class Sums:
    """Levels and services of every subject of a category."""

    levels: Mapping[Subject, Levels]
    served: Mapping[Subject, int]
    silent: Mapping[Subject, int]

    def of(self, kind: FigureSubject) -> list[Subject]:
        """All subjects of one kind."""
        return [subject for subject in self.levels if subject.kind is kind]


def givers_of(cell: Cell) -> tuple[Subject, ...]:
    """Who gave the services of a cell: the provider, and under it the contract."""
    contract = [] if cell.contract_id is None else [Subject(S.CONTRACT, str(cell.contract_id))]
    return (Subject(S.PROVIDER, str(cell.provider_id)), *contract)


def places_of(cell: Cell) -> tuple[Subject, ...]:
    """Where they were given: the venue, and above it town, district, city."""
    venue = [] if cell.venue_id is None else [Subject(S.VENUE, str(cell.venue_id))]
    return (
        *venue,
        Subject(S.TOWN, cell.town),
        Subject(S.DISTRICT, cell.town[:DISTRICT_DIGITS].ljust(12, "0")),
        Subject(S.CITY, cell.town[:CITY_DIGITS].ljust(12, "0")),
    )


def subjects_of(cell: Cell) -> tuple[Subject, ...]:
    """Whom a cell counts for."""
    return (*givers_of(cell), *places_of(cell))


def sums_of(cells: Sequence[Cell]) -> Sums:
    """What the parts add up to, for each subject."""
    levels: dict[Subject, Levels] = defaultdict(lambda: Levels.of({}))
    served: dict[Subject, int] = defaultdict(int)
    silent: dict[Subject, int] = defaultdict(int)
    for cell in cells:
        for subject in subjects_of(cell):
            levels[subject] += cell.levels
            served[subject] += cell.served
            silent[subject] += cell.silent
    return Sums(levels, served, silent)


def owned(cells: Sequence[Cell]) -> list[Cell]:
    """Cells whose contract has one provider only, and whose venue lies in one town.

    A contract of two providers, or a venue told in two towns, is no subject: it is no part of one.
    """
    owners: dict[UUID | None, set[UUID]] = defaultdict(set)
    towns: dict[UUID | None, set[str]] = defaultdict(set)
    for cell in cells:
        owners[cell.contract_id].add(cell.provider_id)
        towns[cell.venue_id].add(cell.town)
    return [
        cell._replace(
            contract_id=cell.contract_id if len(owners[cell.contract_id]) == 1 else None,
            venue_id=cell.venue_id if len(towns[cell.venue_id]) == 1 else None,
        )
        for cell in cells
    ]
