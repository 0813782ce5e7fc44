"""How a street's purchases are spread over providers and over the year.

Concentration is measured against the city: a share that is as high everywhere is no street's doing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from common.contracts.procurement_flags import Guard, SubjectKind
from common.errors import Text
from common.rules import Rule
from procurement.domain import tenders
from procurement.domain.guards.finding import Deal, Finding, percent, yuan


def concentration(
    deals: Iterable[Deal], *, share: Rule, excess: Rule, least: Rule
) -> list[Finding]:
    """Streets that buy most of a year's value from one provider that is small in the city.

    `share` is the street's share from which it is told, `excess` how many times the provider's
    share in the city it must be, `least` how many contracts the street must have signed. HHI is the
    sum of squared shares. Source: rules guard.concentration.*.
    """
    by_year: defaultdict[int, list[Deal]] = defaultdict(list)
    for deal in deals:
        by_year[deal.signed_on.year].append(deal)
    found = []
    for year, signed in sorted(by_year.items()):
        city = _shares(signed)
        streets: defaultdict[str, list[Deal]] = defaultdict(list)
        for deal in signed:
            streets[deal.street].append(deal)
        for _, own in sorted(streets.items()):
            shares = _shares(own)
            provider, top = max(shares.items(), key=lambda each: (each[1], str(each[0])))
            often = len(own) >= least.number and top >= float(share.share)
            if not often or top < float(excess.share) * city[provider]:
                continue
            found.append(_concentrated(own, provider, year, city, share.code))
    return found


def _concentrated(
    own: Sequence[Deal], provider: UUID, year: int, city: Mapping[UUID, float], rule: str
) -> Finding:
    shares = _shares(own)
    top, elsewhere = shares[provider], city[provider]
    hhi, citys = _hhi(shares.values()), _hhi(city.values())
    theirs = [deal for deal in own if deal.provider_id == provider]
    return Finding(
        Guard.CONCENTRATION,
        SubjectKind.AREA,
        own[0].street,
        own[0].street,
        rule,
        Text(
            f"{year} 年该街镇购买额的 {percent(top)} 给了同一承接者，其在全市占"
            f" {percent(elsewhere)}；集中度 HHI {hhi:.2f}，全市 {citys:.3f}。",
            f"In {year} this street gave {percent(top)} of its value to one provider that has"
            f" {percent(elsewhere)} in the city; HHI {hhi:.2f}, the city's {citys:.3f}.",
        ),
        {
            "share": round(top, 4),
            "share_in_city": round(elsewhere, 4),
            "hhi": round(hhi, 4),
            "hhi_of_city": round(citys, 4),
            "contracts": len(own),
            "value_fen": sum(deal.value_fen for deal in theirs),
        },
        tuple(str(deal.id) for deal in theirs),
        period=str(year),
        provider_id=provider,
    )


def splitting(deals: Iterable[Deal], *, threshold: Rule) -> list[Finding]:
    """Buyers whose purchases of one category in a year, none of them open, pass the threshold.

    One purchase over it is another matter: here each alone is under it and together they are not.
    Source: 政府采购法 art. 28, 条例 art. 28 (rule gpl.28.splitting).
    """
    bought: defaultdict[tuple[str, str, int], list[Deal]] = defaultdict(list)
    limit = threshold.number
    for deal in deals:
        if deal.method in tenders.NOT_OPEN and deal.value_fen < limit:
            bought[str(deal.buyer_id), deal.category, deal.signed_on.year].append(deal)
    found = []
    for (buyer, category, year), own in sorted(bought.items()):
        total = sum(deal.value_fen for deal in own)
        if len(own) < 2 or not threshold.admits(total):
            continue
        found.append(
            Finding(
                Guard.SPLITTING,
                SubjectKind.BUYER,
                buyer,
                own[0].street,
                tenders.SPLITTING,
                Text(
                    f"{year} 年以非公开招标方式分 {len(own)} 次购买 {category}，合计"
                    f" {yuan(total)} 元，达到公开招标数额标准 {yuan(limit)} 元。",
                    f"In {year} {category} was bought {len(own)} times without an open tender,"
                    f" {yuan(total)} yuan together; the threshold is {yuan(limit)}.",
                ),
                {
                    "category": category,
                    "purchases": len(own),
                    "total_fen": total,
                    "threshold_fen": limit,
                    "threshold_rule": threshold.code,
                },
                tuple(str(deal.id) for deal in own),
                period=f"{year}/{category}",
                buyer_id=own[0].buyer_id,
            )
        )
    return found


def _shares(deals: Sequence[Deal]) -> Mapping[UUID, float]:
    """The share of each provider in a sum of values."""
    values: Counter[UUID] = Counter()
    for deal in deals:
        values[deal.provider_id] += deal.value_fen
    whole = sum(values.values()) or 1
    return {provider: value / whole for provider, value in values.items()}


def _hhi(shares: Iterable[float]) -> float:
    return sum(share * share for share in shares)
