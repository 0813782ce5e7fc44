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
class Sums:
    """Levels and services of every subject of a category."""

    levels: Mapping[Subject, Levels]
    served: Mapping[Subject, int]
    silent: Mapping[Subject, int]

    def of(self, kind: FigureSubject) -> list[Subject]:
        """All subjects of one kind."""
        return [subject for subject in self.levels if subject.kind is kind]


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
    """Cells whose contract has one provider only; two under one contract are no subject."""
    owners: dict[UUID | None, set[UUID]] = defaultdict(set)
    for cell in cells:
        owners[cell.contract_id].add(cell.provider_id)
    return [cell if len(owners[cell.contract_id]) == 1 else _bare(cell) for cell in cells]


def _bare(cell: Cell) -> Cell:
    return cell._replace(contract_id=None)
