"""The optimum, category by category: the largest first, spread over processes if there are any.

The most urgent tier is served as fully as can be, then with it the second, then all; among the
allocations that do this, the least total of walking, fit and the streets' fairness steps.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

import numpy as np

from matching.allocation.certificate import Certificate
from matching.allocation.costs import objective
from matching.allocation.narrowing import optimum
from matching.allocation.parts import GRAINS, Part, parts
from matching.allocation.problem import TIERS, Ints, Mask, Problem
from matching.allocation.scarcity import crowds

# A tier's margin in dearest pairings. Enough nearly always, and the solver is twice as fast as with
# the margin that is always enough; where it was not, the contested sets show it.
USUAL_MARGIN: Final = 8
GLANCE_S: Final = 0.2
AHEAD: Final = 4  # jobs given to the pool at a time

Job = TypeVar("Job")
Done = TypeVar("Done")


class Stopped(Exception):
    """The caller no longer wants the answer."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, in pairs: categories differ in size."""

    category: int
    done: int
    of: int


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What is known of one category; rows are those of its part."""

    chosen: Ints
    prices: Ints
    hub_prices: Ints
    crowds: Mask
    margin: int
    objective: int


def solve(
    problem: Problem,
    *,
    pool: Executor | None = None,
    told: Callable[[Progress], None] = lambda _: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Certificate:
    """The optimal allocation and its proof; `Stopped` as soon as a category ends after the wish."""
    needs, offerings, pairs = problem.sizes()
    draft, done = Draft(needs, offerings), 0
    for part, answer in worked(answered, parts(problem), pool, is_stopped):
        draft.add(Rows(part.category, part.needs, part.offerings, part.streets), answer)
        done += len(part.to)
        told(Progress(part.category, done, pairs))
    return draft.certificate(problem)


def answered(part: Part) -> Answer:
    """Solve one category. A margin too small for the tiers is seen, and made safe."""
    dearest = int(part.grains.max(initial=0)) + int(part.steps[-1]) + GRAINS
    for margin in (min(USUAL_MARGIN * dearest, part.safe_margin()), part.safe_margin()):
        chosen, prices, hub_prices = optimum(part, margin)
        contested, is_nested_maximum = crowds(part, chosen)
        if is_nested_maximum:
            break
    return Answer(chosen, prices, hub_prices, contested, margin, objective(part, chosen))


def worked(
    work: Callable[[Job], Done],
    jobs: Iterator[Job],
    pool: Executor | None,
    is_stopped: Callable[[], bool],
) -> Iterator[tuple[Job, Done]]:
    """Each job with what came of it, as they come: in a pool or one after the other. `Stopped`."""
    if pool is not None:
        yield from _spread(work, jobs, pool, is_stopped)
        return
    for job in jobs:
        if is_stopped():
            raise Stopped
        yield job, work(job)


def _spread(
    work: Callable[[Job], Done],
    jobs: Iterator[Job],
    pool: Executor,
    is_stopped: Callable[[], bool],
) -> Iterator[tuple[Job, Done]]:
    """Only a few jobs wait at a time: each may be large."""
    waiting: dict[Future[Done], Job] = {}
    try:
        while True:
            while len(waiting) < AHEAD and (job := next(jobs, None)) is not None:
                waiting[pool.submit(work, job)] = job
            if not waiting:
                return
            ready, _ = wait(waiting, GLANCE_S, FIRST_COMPLETED)
            if is_stopped():
                raise Stopped
            for future in ready:
                yield waiting.pop(future), future.result()
    finally:
        for future in waiting:
            future.cancel()


class Rows(NamedTuple):
    """Where the rows of an answer stand in the whole problem."""

    category: int
    needs: Ints
    offerings: Ints
    streets: Ints


class Draft:
    """Answers put together as rows of the whole problem."""

    def __init__(self, needs: int, offerings: int) -> None:
        self.chosen = np.full(needs, -1, np.int32)
        self._prices = np.zeros(offerings, np.int64)
        self._crowds = np.zeros((TIERS, offerings), bool)
        self._by_category: dict[int, tuple[Ints, Answer]] = {}

    def add(self, rows: Rows, answer: Answer) -> None:
        """One more category."""
        served = answer.chosen >= 0
        self.chosen[rows.needs[served]] = rows.offerings[answer.chosen[served]]
        self._prices[rows.offerings] = answer.prices
        self._crowds[:, rows.offerings] = answer.crowds
        self._by_category[rows.category] = rows.streets, answer

    def certificate(self, problem: Problem) -> Certificate:
        """The proof, when all categories are there."""
        found = sorted(self._by_category.items())
        tiers = problem.needs.tier[self.chosen >= 0]
        return Certificate(
            inputs=problem.digest(),
            objective=sum(answer.objective for _, (_, answer) in found),
            served=tuple(np.bincount(tiers, minlength=TIERS).tolist()),
            chosen=self.chosen,
            prices=self._prices,
            categories=np.array([category for category, _ in found], np.int16),
            margins=np.array([answer.margin for _, (_, answer) in found], np.int64),
            hub_categories=_joined([np.full(len(s), c) for c, (s, _) in found], np.int16),
            hub_streets=_joined([streets for _, (streets, _) in found], np.int32),
            hub_prices=_joined([answer.hub_prices for _, (_, answer) in found], np.int64),
            crowds=self._crowds,
        )


def _joined(columns: list[Ints], dtype: type[np.integer]) -> Ints:
    return np.concatenate([*columns, np.empty(0)]).astype(dtype)
