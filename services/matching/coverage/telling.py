"""What of the counts behind gaps may be told: no figure on the few, none that gives one away.

Counts are tables (areas, categories), one for each measure and group. A group is a part of
everyone, the entitled are a part of those who wait: what a part leaves of its whole is a figure
too, and what is told of a whole or a part bounds the other. From all that is told together, and
from the sums of any one table beside it, no figure on the few can be worked out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from common.contracts.matching import UnmetReason
from common.suppression.tables import Counts, Hidden, hidden, is_few

Kind = tuple[str, str | None]
OPEN, UNMET, STATUTORY = MEASURES = ("open_needs", "unmet_needs", "statutory_shortfall")
BY_AGE: Final = ("elderly", "child")  # nobody is in two of these groups
_WITHHELD: Final = -1
_ANY: Final = np.iinfo(np.int64).max
Reasons = Mapping[tuple[int, int], Mapping[UnmetReason, int]]


class Bound(NamedTuple):
    """What a figure may not exceed or fall below, and where a reader may know it."""

    counts: Counts
    is_known: Hidden


class Tables:
    """Counts by measure and group."""

    def __init__(self, counts: Mapping[str, Counts], kinds: Sequence[Kind]) -> None:
        """From counts (areas, kinds) by measure; every category has every group."""
        self.columns = columns_of(kinds)
        self._tables = {
            (measure, group): counts[measure][:, at]
            for measure in MEASURES
            for group, at in self.columns.items()
        }

    def told(self, measure: str, group: str | None) -> Counts:
        """A table with -1 wherever a figure, or a difference, would tell of the few."""
        table = self._tables[measure, group]
        least, most = np.zeros_like(table), np.full_like(table, _ANY)
        also: Hidden = np.zeros(table.shape, dtype=bool)
        for whole in self._wholes(measure, group):
            also |= (table > 0) & is_few(whole.counts - table)
            most = np.where(whole.is_known, np.minimum(most, whole.counts), most)
        for part in self._parts(measure, group):
            least = np.where(part.is_known, np.maximum(least, part.counts), least)
        mask = hidden(table, least=least, most=most, also=also)
        return np.where(mask, _WITHHELD, table)

    def _wholes(self, measure: str, group: str | None) -> Iterator[Bound]:
        """Everyone, everyone less the other ages, and those who wait."""
        if group is not None:
            yield self._bound(measure, None)
        if group in BY_AGE:
            others = [each for each in self._ages() if each != group]
            yield self._bound(measure, None, less=others)
        if measure == STATUTORY:
            yield self._bound(OPEN, group)

    def _parts(self, measure: str, group: str | None) -> Iterator[Bound]:
        """Groups of everyone, all ages together, and the entitled."""
        if group is None:
            yield from (self._bound(measure, each) for each in self.columns if each is not None)
            ages = [self._bound(measure, each) for each in self._ages()]
            if ages:
                known = np.logical_and.reduce([age.is_known for age in ages])
                yield Bound(np.add.reduce([age.counts for age in ages]), known)
        if measure == OPEN:
            yield self._bound(STATUTORY, group)

    def _ages(self) -> list[str]:
        return [group for group in BY_AGE if group in self.columns]

    def _bound(self, measure: str, group: str | None, less: Sequence[str] = ()) -> Bound:
        counts = self._tables[measure, group]
        known = ~is_few(counts)
        for each in less:
            other = self._tables[measure, each]
            counts, known = counts - other, known & ~is_few(other)
        return Bound(counts, known)


def columns_of(kinds: Sequence[Kind]) -> dict[str | None, list[int]]:
    """Where the kinds of each group stand, category by category."""
    groups = dict.fromkeys(group for _, group in kinds)
    return {g: [at for at, (_, group) in enumerate(kinds) if group == g] for g in groups}


def withheld(counts: Mapping[str, Counts], kinds: Sequence[Kind]) -> dict[str, Counts]:
    """Counts (areas, kinds) by measure with -1 wherever one would tell of the few."""
    tables = Tables(counts, kinds)
    told = {measure: counts[measure].copy() for measure in MEASURES}
    for measure in MEASURES:
        for group, at in tables.columns.items():
            told[measure][:, at] = tables.told(measure, group)
    return told


def tells_reasons(
    reasons: Reasons, kinds: Sequence[Kind], told_unmet: Counts
) -> set[tuple[int, int]]:
    """The areas and kinds whose unmet needs may be told by reason.

    Reasons add up to the unmet needs, so they are told only with these. When a group's reason would
    leave few of everyone's, everyone's reasons are withheld: those of a group that has but one are
    told by its sum in any case.
    """
    parts_of: dict[int, list[list[int]]] = {}
    columns = columns_of(kinds)
    for at, everyone in enumerate(columns.get(None, [])):
        alone = [[of[at]] for group, of in columns.items() if group is not None]
        parts_of[everyone] = [*alone, [columns[each][at] for each in BY_AGE if each in columns]]
    kept = set()
    for (area, kind), counted in reasons.items():
        figures = list(counted.values())
        for part in parts_of.get(kind, []):
            held = Counter[UnmetReason]()
            for each in part:
                held.update(reasons.get((area, each), {}))
            figures += [counted[reason] - held[reason] for reason in counted]
        if told_unmet[area, kind] >= 0 and not is_few(np.array(figures, np.int64)).any():
            kept.add((area, kind))
    return kept
