"""A reader with linear programming learns of no few from all that the gaps tell together."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from common.contracts.matching import UnmetReason
from matching.coverage.telling import MEASURES, OPEN, STATUTORY, UNMET, tells_reasons, withheld

GROUPS = (None, "elderly", "child", "disabled")
CATEGORIES = ("bath", "law", "meal")
KINDS = [(category, group) for category in CATEGORIES for group in GROUPS]
MOST = 1_000  # nobody needs to be told that a street has fewer needs than this
FAR, BUDGET = UnmetReason.TOO_FAR, UnmetReason.OVER_BUDGET
Counts = dict[str, np.ndarray]
Form = dict[int, float]


def needs(seed: int, areas: int = 4) -> Counts:
    """Needs as they are in a city: few here, many there, most of some for the old."""
    random = np.random.default_rng(seed)
    made = {name: np.zeros((areas, len(KINDS)), np.int64) for name in MEASURES}
    for area, at in product(range(areas), range(len(CATEGORIES))):
        for name in (OPEN, UNMET):
            ages = random.multinomial(
                random.poisson(random.choice([0, 3, 15, 60])), random.dirichlet([0.4, 0.3, 0.3])
            )
            everyone = int(ages.sum())
            disabled = random.binomial(everyone, random.choice([0, 0.2, 0.9]))
            made[name][area, at * 4 : at * 4 + 4] = [everyone, ages[0], ages[1], disabled]
        waiting = made[OPEN][area, at * 4 : at * 4 + 4]
        share = random.choice([0.0, 0.5, 1.0])
        ages = random.binomial(waiting[1:3], share)
        rest = random.binomial(waiting[0] - waiting[1:3].sum(), share)
        everyone = int(ages.sum() + rest)
        made[STATUTORY][area, at * 4 : at * 4 + 4] = [everyone, *ages, min(waiting[3], everyone)]
    return made


class Reader:
    """Knows what is told, that parts are parts, and the sums of one table if it is named."""

    def __init__(self, counts: Counts, told: Counts, summed: tuple[str, int] | None) -> None:
        self.truth = np.stack([counts[name] for name in MEASURES])
        shown = np.stack([told[name] for name in MEASURES])
        self.at = np.arange(self.truth.size).reshape(self.truth.shape)
        values = self.truth.ravel()
        self.bounds = [
            (0, MOST) if hides else (value, value)
            for value, hides in zip(values.tolist(), (shown < 0).ravel().tolist(), strict=True)
        ]
        self.equal, self.sums = np.zeros((0, values.size)), np.zeros(0)
        if summed is not None:
            table = self.at[MEASURES.index(summed[0])][:, summed[1] :: 4]
            lines = [*table, *table.T]
            self.equal = np.array([np.isin(np.arange(values.size), cells) for cells in lines])
            self.sums = self.equal @ values
        self.parts = np.array([self._row(form) for form in self.differences()])

    def differences(self) -> list[Form]:
        """What each whole is more than its part: never less than nobody."""
        forms: list[Form] = []
        for measure, area, at in product(range(3), range(len(self.truth[0])), range(3)):
            everyone, old, child, disabled = self.at[measure, area, at * 4 : at * 4 + 4].tolist()
            forms += [{everyone: 1, each: -1} for each in (old, child, disabled)]
            forms.append({everyone: 1, old: -1, child: -1})
        opened, entitled = (self.at[MEASURES.index(n)].ravel() for n in (OPEN, STATUTORY))
        return forms + [{o: 1, s: -1} for o, s in zip(opened.tolist(), entitled.tolist())]  # noqa: B905

    def _row(self, form: Form) -> np.ndarray:
        row = np.zeros(self.truth.size)
        row[list(form)] = list(form.values())
        return row

    def value(self, form: Form) -> float:
        return float(self._row(form) @ self.truth.ravel())

    def width(self, form: Form) -> float:
        """How far apart the least and the greatest value are that a figure can have."""
        row = self._row(form)
        ends = [
            linprog(
                sign * row,
                A_ub=-self.parts,
                b_ub=np.zeros(len(self.parts)),
                A_eq=self.equal,
                b_eq=self.sums,
                bounds=self.bounds,
            ).fun
            for sign in (1, -1)
        ]
        return -ends[1] - ends[0]


@pytest.mark.parametrize("seed", range(12))
def test_nobody_works_out_a_figure_on_the_few_from_all_that_is_told(seed: int) -> None:
    counts = needs(seed)
    reader = Reader(counts, withheld(counts, KINDS), None)
    figures: list[Form] = [{at: 1.0} for at in reader.at.ravel().tolist()]
    figures += reader.differences()
    few = [form for form in figures if 0 < reader.value(form) < 10]

    assert len(few) > 10
    for form in few:
        assert reader.width(form) > 0.5, form


@pytest.mark.parametrize("summed", list(product(MEASURES, range(4))))
def test_nor_with_the_sums_of_a_table_beside_it(summed: tuple[str, int]) -> None:
    for seed in range(6):
        counts = needs(seed)
        told = withheld(counts, KINDS)
        table = slice(summed[1], None, 4)
        if (told[summed[0]][:, table] < 0).all():
            continue  # too small a table to hide anything in
        reader = Reader(counts, told, summed)
        for at in reader.at[MEASURES.index(summed[0])][:, table].ravel().tolist():
            if 0 < reader.value({at: 1.0}) < 10:
                assert reader.width({at: 1.0}) > 0.5, (seed, at)


@pytest.mark.parametrize("seed", range(12))
def test_no_count_below_ten_is_told_and_none_is_told_wrong(seed: int) -> None:
    counts = needs(seed, areas=9)
    told = withheld(counts, KINDS)

    for name in MEASURES:
        assert not ((told[name] > 0) & (told[name] < 10)).any()
        assert (told[name] == counts[name])[told[name] >= 0].all()


def test_what_a_group_leaves_of_everyone_is_a_figure_too() -> None:
    counts = needs(0) | {UNMET: np.full((4, len(KINDS)), 0)}
    counts[UNMET][:, 0:4] = [[40, 37, 0, 12], [90, 40, 20, 30], [80, 30, 20, 30], [70, 20, 20, 30]]
    told = withheld(counts, KINDS)[UNMET]

    assert told[0, 1] == -1  # 40 less 37 would tell of three who are not old
    assert told[0, 0] == 40


def test_the_rest_beside_two_ages_is_a_figure_too() -> None:
    counts = {name: np.zeros((4, len(KINDS)), np.int64) for name in MEASURES}
    counts[OPEN][:, 0:4] = [[40, 25, 12, 0], [90, 40, 20, 0], [80, 30, 20, 0], [70, 20, 20, 0]]
    told = withheld(counts, KINDS)[OPEN]

    assert (told[0, 1:3] == -1).any()  # 40 less 25 and 12 are three


def test_where_few_are_not_entitled_the_entitled_are_withheld() -> None:
    counts = {name: np.zeros((4, len(KINDS)), np.int64) for name in MEASURES}
    counts[OPEN][:, 0], counts[STATUTORY][:, 0] = [40, 50, 60, 70], [38, 20, 30, 40]

    assert withheld(counts, KINDS)[STATUTORY][0, 0] == -1


def test_reasons_do_not_tell_a_sum_that_is_withheld() -> None:
    unmet = np.full((1, len(KINDS)), 40)
    reasons = {(0, 0): {FAR: 30, BUDGET: 10}}

    assert tells_reasons(reasons, KINDS, unmet) == {(0, 0)}
    unmet[0, 0] = -1
    assert tells_reasons(reasons, KINDS, unmet) == set()


def test_reasons_of_a_group_do_not_tell_of_the_few_outside_it() -> None:
    unmet = np.full((1, len(KINDS)), 40)
    both = {(0, 0): {FAR: 40, BUDGET: 20}, (0, 1): {FAR: 37}}
    ages = {(0, 0): {FAR: 40, BUDGET: 20}, (0, 1): {FAR: 20}, (0, 2): {FAR: 15}}

    assert tells_reasons(both, KINDS, unmet) == {(0, 1)}
    assert tells_reasons(ages, KINDS, unmet) == {(0, 1), (0, 2)}
