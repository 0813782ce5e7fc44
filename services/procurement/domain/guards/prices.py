"""What a unit of service costs beside its peers, and how much of the money buys things.

The benchmark is the logarithm of the cost of a place and day, or of a day; peers are contracts of
the same service, district and size, and where these are few, of ever wider circles.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import exp, log, log10
from typing import Final

from common.contracts.procurement_flags import Guard, SubjectKind
from common.errors import Text
from common.rules import Rule
from procurement.domain.guards.fences import fences
from procurement.domain.guards.finding import Deal, Finding, percent, yuan

Circle = tuple[str, ...]
_CIRCLES: Final = (
    Text("同类别、同区、同规模", "same service, district and size"),
    Text("同类别、同规模", "same service and size"),
    Text("同类别", "same service"),
)


def unit_cost(deal: Deal) -> tuple[str, float] | None:
    """The unit and the fen that one of it costs; None where the contract names no amount."""
    if deal.service_days <= 0 or deal.value_fen <= 0:
        return None
    if deal.places:
        return "place_day", deal.value_fen / (deal.places * deal.service_days)
    return "day", deal.value_fen / deal.service_days


def circles(deal: Deal, unit: str) -> tuple[Circle, ...]:
    """The circles of peers, the nearest first; sizes go by the power of ten of the value."""
    size = str(int(log10(deal.value_fen)))
    return (
        (deal.category, unit, deal.district, size),
        (deal.category, unit, "", size),
        (deal.category, unit),
    )


def price_outliers(deals: Sequence[Deal], *, peers: Rule) -> list[Finding]:
    """Contracts whose unit costs lie outside the fences of the nearest circle with enough peers.

    Source: rule guard.price_peers; fences by Tukey, on logarithms since costs multiply.
    """
    costs: defaultdict[Circle, list[float]] = defaultdict(list)
    measured = [(deal, cost) for deal in deals if (cost := unit_cost(deal)) is not None]
    for deal, (unit, fen) in measured:
        for circle in circles(deal, unit):
            costs[circle].append(log(fen))
    known = {circle: fences(told) for circle, told in costs.items() if len(told) >= peers.number}
    found = []
    for deal, (unit, fen) in measured:
        near = next((at for at, each in enumerate(circles(deal, unit)) if each in known), None)
        if near is None:
            continue
        circle = circles(deal, unit)[near]
        fence = known[circle]
        if fence.lower <= log(fen) <= fence.upper:
            continue
        times = fen / exp(fence.middle)
        name = _CIRCLES[near]
        found.append(
            Finding(
                Guard.PRICE_OUTLIER,
                SubjectKind.CONTRACT,
                str(deal.id),
                deal.street,
                peers.code,
                Text(
                    f"单位成本 {yuan(fen)} 元/{unit}，为{name.zh} {len(costs[circle])} 份合同"
                    f"中位数 {yuan(exp(fence.middle))} 元的 {times:.1f} 倍，在界限之外。",
                    f"{yuan(fen)} yuan a {unit}: {times:.1f} times the median of"
                    f" {len(costs[circle])} contracts ({name.en}), {yuan(exp(fence.middle))};"
                    " outside the fences.",
                ),
                {
                    "unit": unit,
                    "unit_cost_fen": round(fen, 2),
                    "median_fen": round(exp(fence.middle), 2),
                    "lower_fence_fen": round(exp(fence.lower), 2),
                    "upper_fence_fen": round(exp(fence.upper), 2),
                    "peers": len(costs[circle]),
                },
                (str(deal.id),),
                buyer_id=deal.buyer_id,
                provider_id=deal.provider_id,
            )
        )
    return found


def hardware(deals: Iterable[Deal], *, words: Rule, share: Rule) -> list[Finding]:
    """Contracts for services that spend much of their cost statement on things.

    A cost line counts as hardware when its name holds one of the words of the rule. Source: 102号令
    art. 10 (no goods and works bundled into a service), rules guard.hardware.*.
    """
    found = []
    for deal in deals:
        whole = sum(fen for _, fen in deal.costs)
        things = [(name, fen) for name, fen in deal.costs if any(w in name for w in words.words)]
        spent = sum(fen for _, fen in things)
        if not whole or spent < float(share.share) * whole:
            continue
        found.append(
            Finding(
                Guard.HARDWARE,
                SubjectKind.CONTRACT,
                str(deal.id),
                deal.street,
                share.code,
                Text(
                    f"成本测算中设备、改造等占 {percent(spent / whole)}"
                    f"（{'、'.join(name for name, _ in things)}）。",
                    f"Things are {percent(spent / whole)} of the cost statement"
                    f" ({', '.join(name for name, _ in things)}).",
                ),
                {"share": round(spent / whole, 4), "hardware_fen": spent, "costs_fen": whole},
                (str(deal.id),),
                buyer_id=deal.buyer_id,
                provider_id=deal.provider_id,
            )
        )
    return found
