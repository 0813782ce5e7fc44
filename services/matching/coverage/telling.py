"""What of the counts behind gaps may be told: no figure on the few, none that gives one away.

Counts are tables (areas, categories), one for each measure and group. A group is a part of
everyone, the entitled are a part of those who wait: what a part leaves of its whole is a figure
too, and what is known of a whole or a part bounds the other. Each table is therefore guarded
within these bounds, so that a hidden figure may differ while every other table stays as it is.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from common.contracts.matching import UnmetReason
from matching.coverage.suppression import Counts, Hidden, hidden, is_few

Kind = tuple[str, str | None]
OPEN, UNMET, STATUTORY = MEASURES = ("open_needs", "unmet_needs", "statutory_shortfall")
BY_AGE: Final = ("elderly", "child")  # nobody is in two of these groups
_WITHHELD: Final = -1
Reasons = Mapping[tuple[int, int], Mapping[UnmetReason, int]]


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

    def of(self, measure: str, group: str | None) -> Counts:
        """One table."""
        return self._tables[measure, group]

    def wholes(self, measure: str, group: str | None) -> Iterator[Counts]:
        """What a table may not exceed: everyone, everyone less the other ages, those who wait."""
        if group is not None:
            everyone = self.of(measure, None)
            yield everyone
            yield everyone - self._of_ages(measure, but=group) * (group in BY_AGE)
        if measure == STATUTORY:
            yield self.of(OPEN, group)

    def parts(self, measure: str, group: str | None) -> Iterator[Counts]:
        """What a table may not fall below."""
        if group is None:
            yield from (self.of(measure, each) for each in self.columns if each is not None)
            yield self._of_ages(measure)
        if measure == OPEN:
            yield self.of(STATUTORY, group)

    def told(self, measure: str, group: str | None) -> Counts:
        """A table with -1 wherever a figure, or a difference, would tell of the few."""
        table = self.of(measure, group)
        wholes = list(self.wholes(measure, group))
        also: Hidden = np.zeros(table.shape, dtype=bool)
        for whole in wholes:
            also |= (table > 0) & is_few(whole - table)
        mask = hidden(
            table,
            least=_greatest(self.parts(measure, group)),
            most=np.minimum.reduce(wholes) if wholes else None,
            also=also,
        )
        return np.where(mask, _WITHHELD, table)

    def _of_ages(self, measure: str, but: str | None = None) -> Counts:
        ages = [each for each in BY_AGE if each in self.columns and each != but]
        found = np.zeros_like(self.of(measure, None))
        for each in ages:
            found = found + self.of(measure, each)
        return found


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


def _greatest(tables: Iterator[Counts]) -> Counts | None:
    found = list(tables)
    return np.maximum.reduce(found) if found else None
