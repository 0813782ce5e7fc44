"""Somebody who reads every published table and solves for what is withheld, in whole people."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from feedback.domain.cells import Cell, Subject, subjects_of
from feedback.domain.figures import Told
from feedback.domain.scores import LEVELS

SILENT = len(LEVELS)  # the place of those who were served and did not rate
RATED, BAD, SUM = (1, 1, 1, 1, 1, 0), (1, 1, 0, 0, 0, 0), (0, 1, 2, 3, 4, 0)
UNHEARD = (0, 0, 0, 0, 0, 1)
Weights = Sequence[int]


@dataclass
class Attacker:
    """Knows who serves where under which contract, and adds up what is told of it.

    There is one unknown for each part and level: how many people chose it. Releases of other
    months tell of other parts.
    """

    parts: Sequence[Cell]
    rows: list[np.ndarray] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    least_bad: int = 0  # of what is withheld where others are told
    least_unheard: int = 0
    among: Collection[int] = ()

    def learn(self, told: Sequence[Told], among: Collection[int] | None = None) -> None:
        """Everything that a release of some parts tells, and what it tells by being silent."""
        self.among = range(len(self.parts)) if among is None else among
        listed = {each.subject: each for each in told}
        self.least_bad = int(any(each.satisfied is not None for each in told))
        self.least_unheard = int(any(each.response is not None for each in told))
        released = [self.parts[at] for at in self.among]
        for subject in {subject for cell in released for subject in subjects_of(cell)}:
            figure = listed.get(subject)
            if figure is None:
                self.know(self.of(subject, RATED), 0, 0)
            elif figure.levels is None:
                self.know(self.of(subject, RATED), 1, np.inf)
            else:
                self._figure(subject, figure)

    def _figure(self, subject: Subject, told: Told) -> None:
        assert told.levels is not None
        number = told.levels.number
        self.know(self.of(subject, RATED), number, number)
        total = sum(at * count for at, count in enumerate(told.levels.counts))  # from the score
        self.know(self.of(subject, SUM), total, total)
        bad = None if told.satisfied is None else round((1 - told.satisfied) * number)
        self.know(self.of(subject, BAD), *((self.least_bad, np.inf) if bad is None else (bad, bad)))
        unheard = None if told.response is None else round(number / told.response) - number
        self.know(
            self.of(subject, UNHEARD),
            *((self.least_unheard, np.inf) if unheard is None else (unheard, unheard)),
        )

    def of(self, subject: Subject, weights: Weights) -> np.ndarray:
        """What a figure of a subject adds up, of the parts that were learnt of last."""
        found = np.zeros((len(self.parts), len(weights)))
        for at in self.among:
            if subject in subjects_of(self.parts[at]):
                found[at] = weights
        return found.ravel()

    def know(self, row: np.ndarray, least: float, most: float) -> None:
        """That a sum lies between two figures."""
        self.rows.append(row)
        self.least.append(least)
        self.most.append(most)

    def bounds(self, row: np.ndarray) -> tuple[int, int]:
        """The least and the greatest that a sum of whole people can be."""
        known = LinearConstraint(np.array(self.rows), self.least, self.most)
        everybody = sum(cell.served for cell in self.parts) + 100
        found = [
            milp(
                sign * row,
                constraints=known,
                integrality=np.ones_like(row),
                bounds=Bounds(0, everybody),
            )
            for sign in (1, -1)
        ]
        assert all(each.success for each in found), "what is told contradicts itself"
        return round(found[0].fun), round(-found[1].fun)


def truth(parts: Sequence[Cell], subject: Subject, weights: Weights) -> int:
    """What a figure really is."""
    return sum(
        weight * count
        for cell in parts
        if subject in subjects_of(cell)
        for weight, count in zip(weights, (*cell.levels.counts, cell.silent), strict=True)
    )


def withheld(told: Sequence[Told], parts: Sequence[Cell]) -> Mapping[Subject, list[Weights]]:
    """Which figures of whom are not told."""
    found: dict[Subject, list[Weights]] = {}
    listed = {each.subject: each for each in told}
    for subject in sorted({subject for cell in parts for subject in subjects_of(cell)}):
        each = listed.get(subject)
        if each is None:
            found[subject] = [UNHEARD]
        elif each.levels is None:
            found[subject] = [RATED, BAD, UNHEARD]
        else:
            kept = (BAD, each.satisfied), (UNHEARD, each.response)
            found[subject] = [weights for weights, figure in kept if figure is None]
    return found
