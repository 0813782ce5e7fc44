"""What releases hold of cases: no figure on the few follows from all of it together."""

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from common.contracts.feedback import AssessmentSubject as S
from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.flows import WIDTH
from feedback.domain.case_figures import CaseCell, CaseSubject, CaseSums, told

bodies = st.integers(1, 3).map(lambda number: UUID(int=number))
some = st.one_of(st.none(), bodies)
numbers = st.sampled_from([1, 2, 4, 9, 10, 12, 30])
cells = st.lists(
    st.builds(CaseCell, bodies, some, some, st.booleans(), st.booleans(), numbers),
    min_size=1,
    max_size=8,
    unique_by=lambda cell: cell[:-1],
)


def cell(body: int, contract: int | None, cases: int, *, is_solved: bool = True) -> CaseCell:
    key = None if contract is None else UUID(int=contract)
    return CaseCell(UUID(int=body), key, None, True, is_solved, cases)


def sums(cells: list[CaseCell], subject: CaseSubject) -> CaseSums:
    mine = [each for each in cells if subject in each.subjects]
    return CaseSums(
        sum(each.cases for each in mine),
        sum(each.cases for each in mine if each.is_in_time),
        sum(each.cases for each in mine if each.is_solved),
    )


def bounds(
    cells: list[CaseCell], figures: dict[CaseSubject, CaseSums], subject: CaseSubject
) -> tuple[int, int]:
    """The least and the most cases of a subject for whoever reads all that is told.

    Known is who acts under which contract, and which is carried out in which venue.
    """
    real = {each.subjects for each in cells}
    parts = [
        (body, contract, venue)
        for body, contract in {each[:2] for each in real}
        for venue in {each[2] for each in real if each[1] == contract}
    ]
    sorts = [(in_time, solved) for in_time in (True, False) for solved in (True, False)]
    unknown = [(part, sort) for part in parts for sort in sorts]
    rows, least, most = [], [], []
    for each in {each for part in parts for each in part if each.key is not None}:
        rows.append(np.array([each in part for part, _ in unknown], dtype=float))
        known = figures.get(each)
        least.append(1 if known is None else known.cases)
        most.append(np.inf if known is None else known.cases)
        for place in (0, 1) if known is not None else ():
            rows.append(np.array([each in part and sort[place] for part, sort in unknown], float))
            least.append(known[1 + place])
            most.append(known[1 + place])
    line = np.array([subject in part for part, _ in unknown], dtype=float)
    constraint = LinearConstraint(np.array(rows), least, most)
    found = [
        milp(
            sign * line,
            constraints=constraint,
            integrality=np.ones_like(line),
            bounds=Bounds(0, 10_000),
        )
        for sign in (1, -1)
    ]
    assert all(each.success for each in found), "what is told contradicts itself"
    return round(found[0].fun), round(-found[1].fun)


@given(cells)
@settings(max_examples=40, deadline=None)
def test_no_withheld_figure_on_the_few_follows_from_all_that_is_told(cells: list[CaseCell]) -> None:
    figures = told(cells)

    for subject in {each for cell in cells for each in cell.subjects if each.key is not None}:
        real = sums(cells, subject)
        if subject in figures:
            assert figures[subject] == real
            assert real.cases >= SMALLEST_FIGURE
        elif real.cases < SMALLEST_FIGURE:
            least, most = bounds(cells, figures, subject)
            assert least <= real.cases <= most
            assert most - least >= WIDTH


def test_many_cases_are_told_with_how_many_were_answered_in_time_and_solved() -> None:
    figures = told([cell(1, None, 20), cell(1, None, 5, is_solved=False), cell(2, None, 12)])

    assert figures == {
        CaseSubject(S.ORGANISATION, UUID(int=1)): CaseSums(25, 25, 20),
        CaseSubject(S.ORGANISATION, UUID(int=2)): CaseSums(12, 12, 12),
    }


@pytest.mark.parametrize(("without", "is_told"), [(0, True), (4, False), (15, True)])
def test_a_contract_is_withheld_that_would_tell_the_few_other_cases_of_its_body(
    without: int, is_told: bool
) -> None:
    rest = [cell(1, None, without)] if without else []
    figures = told([cell(1, 7, 20), *rest])
    both = {CaseSubject(S.ORGANISATION, UUID(int=1)), CaseSubject(S.CONTRACT, UUID(int=7))}

    assert (both <= figures.keys()) is is_told
