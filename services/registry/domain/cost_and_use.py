"""A venue's cost and use beside its peers: against a race for hardware. Pure.

Source: the paper, part 2 (3): 街镇之间的竞争压力促使相互之间不断加大投入 …… 容易陷入“硬件竞赛”.
"""

from collections.abc import Mapping
from typing import Any, Final

from common.contracts.registry.concessions import CostAndUse, PeerFigure
from common.contracts.shapes import SMALLEST_FIGURE
from common.rules import Rule

SMALLEST_GROUP: Final = "cost_peers.smallest"
CITY_DIGITS: Final = 2
_RATES: Final = {
    "per_service": "cost_per_service_fen",
    "per_m2": "cost_per_m2_fen",
    "per_yuan": "visits_per_yuan",
}


def beside_peers(row: Mapping[str, Any], rule: Rule) -> CostAndUse:
    """The figures of a venue with the medians of its kind in the district, else in the city.

    Visits below ten are not told, nor anything from which they follow; medians are told of as many
    peers as the rule asks for.
    """
    in_district = rule.admits(row["district_peers"])
    where = "district" if in_district else "city"
    peers = row[f"{where}_peers"]
    few = 0 < row["visits"] < SMALLEST_FIGURE
    figures = {
        name: _figure(
            None if few and rate != "per_m2" else row[rate],
            row[f"{where}_{rate}"] if rule.admits(peers) else None,
        )
        for rate, name in _RATES.items()
    }
    return CostAndUse(
        venue_id=row["id"],
        name=row["name"],
        kind=row["kind"],
        area_code=row["area_code"],
        floor_area_m2=row["floor_area_m2"],
        visits=None if few else row["visits"],
        services=None if few or 0 < row["services"] < SMALLEST_FIGURE else row["services"],
        cost_fen=row["cost"],
        peers=peers,
        peers_in=row["area_code"][: 6 if in_district else CITY_DIGITS],
        **figures,
    )


def _figure(value: float | None, median: float | None) -> PeerFigure:
    ratio = None if value is None or not median else round(value / median, 4)
    return PeerFigure(value=value, peer_median=median, ratio=ratio)
