"""What is counted: projects with their prices, approval ballots, the pot. Equal ballots are one.

Projects stand in the order of the tie-break: of two that are equal, the earlier one wins.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from common.errors import Invalid, Text

Ints = NDArray[np.int64]
LARGEST_POT_FEN: Final = 10**13  # 100 thousand million yuan: sums stay within 64 bits


class WrongElection(Invalid):
    """What was to be counted contradicts itself."""

    slug = "wrong-election"
    title = Text("计票材料有误", "Wrong election")
    detail = Text("{reason}", "{reason}")

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(reason=Text(zh, en))


@dataclass(frozen=True, slots=True)
class Project:
    """What voters choose among: its name in the count and its price."""

    key: str
    cost_fen: int


@dataclass(frozen=True)
class Election:
    """Projects in tie-break order, ballots as sets of their places, and the pot."""

    projects: tuple[Project, ...]
    ballots: tuple[tuple[int, ...], ...]
    weights: tuple[int, ...]
    pot_fen: int

    @classmethod
    def of(
        cls, projects: Sequence[Project], ballots: Iterable[Iterable[str]], pot_fen: int
    ) -> "Election":
        """An election from ballots that name projects. An empty ballot counts as a voter.

        Raises `WrongElection` for an unknown or doubled project, a price or a pot that is none.
        """
        place = {project.key: at for at, project in enumerate(projects)}
        if len(place) != len(projects):
            raise WrongElection("项目编号重复。", "A project stands twice.")
        if not 0 < pot_fen <= LARGEST_POT_FEN or any(p.cost_fen <= 0 for p in projects):
            raise WrongElection("资金或造价须为正数。", "Pot and prices are above zero.")
        try:
            chosen = Counter(tuple(sorted({place[key] for key in ballot})) for ballot in ballots)
        except KeyError as unknown:
            raise WrongElection(
                f"选票上的项目 {unknown} 不在其列。",
                f"A ballot names {unknown}, which is no project.",
            ) from None
        groups = sorted(chosen)
        return cls(tuple(projects), tuple(groups), tuple(chosen[g] for g in groups), pot_fen)

    @cached_property
    def voters(self) -> int:
        """How many ballots were cast."""
        return sum(self.weights)

    @cached_property
    def weight(self) -> Ints:
        """How many voters stand behind each kind of ballot."""
        return np.array(self.weights, dtype=np.int64)

    @cached_property
    def approves(self) -> NDArray[np.uint8]:
        """Which kind of ballot names which project."""
        matrix = np.zeros((len(self.ballots), len(self.projects)), dtype=np.uint8)
        for row, ballot in enumerate(self.ballots):
            matrix[row, list(ballot)] = 1
        return matrix

    @cached_property
    def supporters(self) -> list[Ints]:
        """The kinds of ballot that name a project, by project."""
        return [np.flatnonzero(self.approves[:, p]) for p in range(len(self.projects))]

    @cached_property
    def weight_of(self) -> list[Ints]:
        """How many voters stand behind each supporting kind of ballot, by project."""
        return [self.weight[groups] for groups in self.supporters]

    @cached_property
    def votes(self) -> list[int]:
        """How many voters named a project, by project."""
        return [int(weight.sum()) for weight in self.weight_of]

    @cached_property
    def fundable(self) -> list[int]:
        """Projects that somebody wants and that the pot could pay alone."""
        return [
            at
            for at, project in enumerate(self.projects)
            if self.votes[at] and project.cost_fen <= self.pot_fen
        ]

    def cost(self, chosen: Iterable[int]) -> int:
        """What projects cost together, in fen."""
        return sum(self.projects[at].cost_fen for at in chosen)
