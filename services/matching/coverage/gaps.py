"""From a survey and the needs of a period to the gaps that may be published. Pure.

Counts are by street, category and group; `telling` says which of them are withheld.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from common.contracts.matching import UnmetReason
from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.tables import Counts
from matching.coverage.survey import Totals
from matching.coverage.telling import MEASURES, OPEN, UNMET, Kind, Reasons, tells_reasons, withheld


def rows(
    areas: Sequence[str],
    kinds: Sequence[Kind],
    found: Totals,
    counts: Mapping[str, Counts],
    reasons: Reasons,
) -> list[dict[str, Any]]:
    """One gap for each area and kind in which somebody lives or needs something.

    `counts` holds a table (areas, kinds) for each of `MEASURES`; `reasons` the unmet needs of an
    area and kind by reason.
    """
    told = withheld(counts, kinds)
    tells = tells_reasons(reasons, kinds, told[UNMET])
    made = []
    for area, code in enumerate(areas):
        for kind, (category, group) in enumerate(kinds):
            people = round(float(found.people[area, kind]))
            needs = {name: _shown(told[name][area, kind]) for name in MEASURES}
            if people == 0 and not any(counts[name][area, kind] for name in MEASURES):
                continue
            made.append(
                {
                    "area_code": code,
                    "category": category,
                    "target_group": group,
                    "people": people if people >= SMALLEST_FIGURE else None,
                    **needs,
                    "unmet_by_reason": _reasons(
                        reasons.get((area, kind), {}), are_told=(area, kind) in tells
                    ),
                    "places_short": _sum(needs[OPEN], needs[UNMET]),
                    "covered": _number(found.covered[area, kind]),
                    "supply_index": _number(found.index[area, kind]),
                    "one_more_place_serves": _people(found.gain[area, kind]),
                }
            )
    return made


def _reasons(found: Mapping[UnmetReason, int], *, are_told: bool) -> list[dict[str, Any]]:
    """Reasons by name, with all their counts or with none."""
    return [
        {"reason": reason.value, "needs": found[reason] if are_told else None}
        for reason in sorted(found)
    ]


def _shown(count: np.int64) -> int | None:
    return None if count < 0 else int(count)


def _sum(waiting: int | None, unmet: int | None) -> int | None:
    """Both together; told only with both, so that it tells nothing that they do not."""
    return None if waiting is None or unmet is None else waiting + unmet


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def _people(value: float) -> float | None:
    return None if 0 < value < SMALLEST_FIGURE else round(float(value), 1)
