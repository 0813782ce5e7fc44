"""Whose case figures are told with a release, so that none on the few follows from all. Pure.

The same cases are counted by who answers for them, by contract and by venue. Each case is a unit
that flows through all three; what lies between them is never told. Cases go round circles one sort
at a time (answered in time or not, solved or not), so that every told figure stays as it is.
Source: rule `publish.minimum`; docs/decisions/0018.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from common.contracts.feedback import AssessmentSubject as S
from common.suppression.flows import MANY, SINK, SOURCE, Edge, Node, Room, hidden

Sort = tuple[bool, bool]
SORTS: Final[tuple[Sort, ...]] = ((True, True), (True, False), (False, True), (False, False))
_IN, _OUT = "in", "out"
Sorted = Mapping[Sort, int]


class CaseSubject(NamedTuple):
    """Who answers for a case, under which contract, or in which venue; no key: none."""

    kind: S
    key: UUID | None


Step = tuple[CaseSubject | None, CaseSubject | None]


class CaseCell(NamedTuple):
    """Cases of one body, contract, venue and sort: the smallest part."""

    body_id: UUID | None
    contract_id: UUID | None
    venue_id: UUID | None
    is_in_time: bool
    is_solved: bool
    cases: int

    @property
    def subjects(self) -> tuple[CaseSubject, ...]:
        """Whom the cases count for, in the order in which they flow."""
        return (
            CaseSubject(S.ORGANISATION, self.body_id),
            CaseSubject(S.CONTRACT, self.contract_id),
            CaseSubject(S.VENUE, self.venue_id),
        )


class CaseSums(NamedTuple):
    """How many cases, and how many of them were answered in time and solved."""

    cases: int
    in_time: int
    solved: int


def told(cells: Sequence[CaseCell]) -> dict[CaseSubject, CaseSums]:
    """The figures that may be told; all others are withheld."""
    of: dict[CaseSubject, Counter[Sort]] = defaultdict(Counter)
    between: dict[Step, Counter[Sort]] = defaultdict(Counter)
    for cell in cells:
        sort: Sort = (cell.is_in_time, cell.is_solved)
        body, contract, venue = cell.subjects
        for subject in cell.subjects:
            of[subject][sort] += cell.cases
        for step in ((None, body), (body, contract), (contract, venue), (venue, None)):
            between[step][sort] += cell.cases
    edges = [_figure(each, sorts) for each, sorts in of.items()]
    edges += [_part(step, sorts) for step, sorts in between.items()]
    found = hidden(edges)
    if found is None or found.exposed:
        return {}
    return {
        each: _sums(of[each])
        for at, each in enumerate(of)
        if each.key is not None and at not in found.figures
    }


def _figure(subject: CaseSubject, of: Sorted) -> Edge:
    """The cases of a subject, of which it is known that there is one."""
    is_named = _is_named(subject)
    rooms = _rooms(of, sum(of.values()) - is_named)
    ends = (subject, _IN), (subject, _OUT)
    return Edge(*ends, sum(of.values()), is_named, rooms, is_guarded=is_named)


def _part(step: Step, of: Sorted) -> Edge:
    """What flows between subjects; what a body or venue has outside of contracts is guarded."""
    before, after = step
    tail: Node = SOURCE if before is None else (before, _OUT)
    head: Node = SINK if after is None else (after, _IN)
    is_rest = None not in step and _is_named(before) is not _is_named(after)
    cases = sum(of.values())
    return Edge(tail, head, cases, False, _rooms(of, cases), is_guarded=is_rest)


def _is_named(subject: CaseSubject | None) -> bool:
    return subject is not None and subject.key is not None


def _rooms(of: Sorted, most: int) -> tuple[Room, ...]:
    """Any number may come of each sort; no more may go than there are."""
    return tuple(Room(MANY, min(of[sort], most)) for sort in SORTS)


def _sums(of: Sorted) -> CaseSums:
    return CaseSums(
        sum(of.values()),
        sum(number for (is_in_time, _), number in of.items() if is_in_time),
        sum(number for (_, is_solved), number in of.items() if is_solved),
    )
