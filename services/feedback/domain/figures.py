"""The figures of one release: what may be told of each category, of whom and where.

Pure. Whose figures are told is decided in `withholding`. Sums over categories are not told.
Releases cover periods that share no rating and are never revised: no two of them can be subtracted.
Whatever else is told of ratings is computed from releases.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from feedback.domain.cells import Cell, S, Subject, Sums, owned, sums_of
from feedback.domain.scores import Levels, Prior, Scored, bands, prior_of, scored
from feedback.domain.withholding import answering, shown

MONTHS: Final = 12
PRIOR_DIGITS: Final = 6  # as told, so that a reader's score is ours


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
    served: int | None = None  # as the response share tells


def period_of(day: date, months: int) -> tuple[date, date]:
    """The period in which a day lies, both days included: months of a year, counted in full."""
    first = (day.month - 1) // months * months
    start = date(day.year, first + 1, 1)
    after = first + months
    end = date(day.year + after // MONTHS, after % MONTHS + 1, 1) - timedelta(days=1)
    return start, end


def next_period(first: date, last: date | None, months: int) -> tuple[date, date]:
    """The period to release next: it begins after the last one, however long periods are now.

    Where the rule of their length has changed, one is shorter; no two ever share a day.
    """
    if last is None:
        return period_of(first, months)
    start = last + timedelta(days=1)
    return start, period_of(start, months)[1]


def figures(cells: Sequence[Cell], *, rank_minimum: int) -> list[Told]:
    """All figures of a category, told or withheld, in a stable order."""
    cells = owned([cell for cell in cells if cell.levels.number or cell.served])
    sums = sums_of(cells)
    rated = {each for each in sums.levels if sums.levels[each].number}
    told, telling = shown(cells, sums, rated)
    heard = answering(cells, sums, told)
    prior = _prior(sums, told)
    made = {
        each: _told(each, sums, prior, is_telling=each in telling, is_answering=each in heard)
        for each in told
    }
    placed: dict[Subject, int] = {}
    for kind in S:
        field = {
            each.key: figure.score
            for each, figure in made.items()
            if each.kind is kind and figure.score and sums.levels[each].number >= rank_minimum
        }
        placed |= {Subject(kind, key): band for key, band in bands(field).items()}
    return [
        replace(made[each], band=placed.get(each)) if each in made else Told(each)
        for each in sorted(rated)
    ]


def _prior(sums: Sums, told: Collection[Subject]) -> Prior:
    """The prior of a category: bodies that are withheld count together as one.

    So it tells no more of them than what is left when all others are subtracted from the city.
    """
    bodies = sums.of(S.PROVIDER)
    single = [sums.levels[each] for each in bodies if each in told]
    rest = sum((sums.levels[each] for each in bodies if each not in told), Levels.of({}))
    prior = prior_of([*single, rest])
    return Prior(round(prior.mean, PRIOR_DIGITS), round(prior.strength, PRIOR_DIGITS))


def _told(
    subject: Subject, sums: Sums, prior: Prior, *, is_telling: bool, is_answering: bool
) -> Told:
    levels, served = sums.levels[subject], sums.served[subject]
    is_heard = bool(served) and is_answering
    return Told(
        subject,
        levels,
        min(1.0, levels.number / served) if is_heard else None,
        scored(levels, prior),
        prior,
        1 - levels.bad / levels.number if is_telling else None,
        served=served if is_heard else None,
    )
