"""From a survey and the needs of a period to the gaps that may be published. Pure.

Counts are by street, category and group. A group's figure is also withheld when everyone's minus
the group's would tell of fewer than ten.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.contracts.matching import UnmetReason
from common.contracts.shapes import SMALLEST_FIGURE
from matching.coverage.suppression import Counts, hidden
from matching.coverage.survey import Totals

Kind = tuple[str, str | None]
MEASURES: Final = ("open_needs", "unmet_needs", "statutory_shortfall")


class Figures(NamedTuple):
    """Published counts by measure, (areas, kinds); -1 is withheld."""

    by_measure: Mapping[str, NDArray[np.int64]]


def withheld(counts: Counts, kinds: Sequence[Kind]) -> Counts:
    """Counts (areas, kinds) with -1 wherever a figure, or a difference, would tell of the few."""
    told = counts.copy()
    groups = sorted({group for _, group in kinds}, key=lambda group: group or "")
    everyone = {category: at for at, (category, group) in enumerate(kinds) if group is None}
    for group in groups:
        columns = [at for at, kind in enumerate(kinds) if kind[1] == group]
        mask = hidden(counts[:, columns])
        if group is not None:
            whole = counts[:, [everyone[kinds[at][0]] for at in columns]]
            rest = whole - counts[:, columns]
            mask |= (rest > 0) & (rest < SMALLEST_FIGURE)
        told[:, columns] = np.where(mask, -1, told[:, columns])
    return told


def rows(
    areas: Sequence[str],
    kinds: Sequence[Kind],
    found: Totals,
    counts: Mapping[str, Counts],
    reasons: Mapping[tuple[int, int], Mapping[UnmetReason, int]],
) -> list[dict[str, Any]]:
    """One gap for each area and kind in which somebody lives or needs something.

    `counts` holds a table (areas, kinds) for each of `MEASURES`; `reasons` the unmet needs of an
    area and kind by reason.
    """
    told = {name: withheld(counts[name], kinds) for name in MEASURES}
    made = []
    for area, code in enumerate(areas):
        for kind, (category, group) in enumerate(kinds):
            people = round(float(found.people[area, kind]))
            needs = {name: _shown(told[name][area, kind]) for name in MEASURES}
            if people == 0 and not counts["open_needs"][area, kind]:
                continue
            open_needs = needs["open_needs"]
            made.append(
                {
                    "area_code": code,
                    "category": category,
                    "target_group": group,
                    "people": people if people >= SMALLEST_FIGURE else None,
                    **needs,
                    "unmet_by_reason": _reasons(reasons.get((area, kind), {})),
                    "places_short": open_needs,
                    "covered": _number(found.covered[area, kind]),
                    "supply_index": _number(found.index[area, kind]),
                    "one_more_place_serves": _people(found.gain[area, kind]),
                }
            )
    return made


def _reasons(found: Mapping[UnmetReason, int]) -> list[dict[str, Any]]:
    """Reasons by name; none is told when any of them is about the few."""
    if any(0 < count < SMALLEST_FIGURE for count in found.values()):
        return [{"reason": reason.value, "needs": None} for reason in sorted(found)]
    return [{"reason": reason.value, "needs": found[reason]} for reason in sorted(found)]


def _shown(count: np.int64) -> int | None:
    return None if count < 0 else int(count)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def _people(value: float) -> float | None:
    return None if 0 < value < SMALLEST_FIGURE else round(float(value), 1)
