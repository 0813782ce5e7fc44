"""What is counted: projects with their prices, approval ballots, the pot.

Projects stand in the order of the tie-break: of two that are equal, the earlier one wins.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
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


@dataclass(frozen=True, slots=True)
class Backers:
    """Who named a project: kinds of ballot, those with one voter behind them before all others.

    What stands for several voters is added on top of a plain sum.
    """

    groups: Ints
    lone: int
    beyond: Ints  # how many more than one stand behind each of the others
    votes: int

    @classmethod
    def of(cls, groups: Ints, weight: Ints) -> "Backers":
        """From kinds of ballot in that order."""
        beyond = weight[groups] - 1
        lone = len(groups) - int(np.count_nonzero(beyond))
        return cls(groups, lone, beyond[lone:], len(groups) + int(beyond.sum()))

    def total(self, amounts: Ints) -> int:
        """The sum over all voters of an amount that each kind of ballot has."""
        total = int(np.add.reduce(amounts))
        if self.lone < len(self.groups):
            total += int(amounts[self.lone :] @ self.beyond)
        return total

    def count(self, which: NDArray[np.bool_]) -> int:
        """How many voters stand behind the marked kinds of ballot."""
        count = int(np.count_nonzero(which))
        if self.lone < len(self.groups):
            count += int(which[self.lone :] @ self.beyond)
        return count


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
        return cls.of_kinds(projects, chosen, pot_fen)

    @classmethod
    def of_kinds(
        cls, projects: Sequence[Project], chosen: Counter[tuple[int, ...]], pot_fen: int
    ) -> "Election":
        """Equal ballots become one kind, unless most are nobody else's: plain sums are quicker."""
        is_merged = 2 * len(chosen) <= chosen.total()
        kinds = tuple(sorted(chosen if is_merged else chosen.elements()))
        weights = tuple(chosen[kind] if is_merged else 1 for kind in kinds)
        return cls(tuple(projects), kinds, weights, pot_fen)

    @cached_property
    def voters(self) -> int:
        """How many ballots were cast."""
        return sum(self.weights)

    @cached_property
    def weight(self) -> Ints:
        """How many voters stand behind each kind of ballot."""
        return np.array(self.weights, dtype=np.int64)

    @cached_property
    def lengths(self) -> Ints:
        """How many projects each kind of ballot names."""
        return np.fromiter(map(len, self.ballots), np.int64, len(self.ballots))

    @cached_property
    def named(self) -> Ints:
        """What the ballots name, one after the other."""
        return np.fromiter(chain.from_iterable(self.ballots), np.int64, int(self.lengths.sum()))

    @cached_property
    def starts(self) -> Ints:
        """Where each kind of ballot begins in `named`."""
        return np.cumsum(self.lengths) - self.lengths

    @cached_property
    def backers(self) -> list[Backers]:
        """Who named a project, by project."""
        groups = np.repeat(np.arange(len(self.ballots)), self.lengths)
        order = np.lexsort((self.weight[groups] > 1, self.named))
        ends = np.cumsum(np.bincount(self.named, minlength=len(self.projects)))
        return [Backers.of(part, self.weight) for part in np.split(groups[order], ends[:-1])]

    @cached_property
    def votes(self) -> list[int]:
        """How many voters named a project, by project."""
        return [backers.votes for backers in self.backers]

    @cached_property
    def fundable(self) -> list[int]:
        """Projects that somebody wants and that the pot could pay alone."""
        return [
            at
            for at, project in enumerate(self.projects)
            if self.votes[at] and project.cost_fen <= self.pot_fen
        ]

    def tally(self, groups: Ints) -> Ints:
        """How many voters of these kinds of ballot name each project."""
        lengths = self.lengths[groups]
        first = self.starts[groups] - (np.cumsum(lengths) - lengths)
        at = np.repeat(first, lengths) + np.arange(int(lengths.sum()))
        if len(self.ballots) == self.voters:
            return np.bincount(self.named[at], minlength=len(self.projects))
        voters = np.zeros(len(self.projects), dtype=np.int64)
        np.add.at(voters, self.named[at], np.repeat(self.weight[groups], lengths))
        return voters

    def cost(self, chosen: Iterable[int]) -> int:
        """What projects cost together, in fen."""
        return sum(self.projects[at].cost_fen for at in chosen)
