"""Whether others had a chance: the days left to offer, and suppliers that win whatever is bought.

Both of Cardinal, with the platform's own numbers; a category of services stands for the first level
of its item codes.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from uuid import UUID

from common.contracts.procurement_flags import Guard, SubjectKind
from common.contracts.vocabulary import PurchaseMethod
from common.errors import Text
from common.rules import Rule
from procurement.domain.guards.competition import COMPETITIVE
from procurement.domain.guards.fences import fences
from procurement.domain.guards.finding import Contest, Finding


def short_periods(
    decided: Iterable[Contest], rule_of: Callable[[PurchaseMethod], Rule]
) -> list[Finding]:
    """Purchases that left fewer whole days to offer than their method wants. Source: R003."""
    competitive = [each for each in decided if each.method in COMPETITIVE]
    rules = {method: rule_of(method) for method in sorted({each.method for each in competitive})}
    return [
        _short(contest, contest.days, rules[contest.method])
        for contest in competitive
        if contest.days is not None and not rules[contest.method].admits(contest.days)
    ]


def _short(contest: Contest, days: int, rule: Rule) -> Finding:
    return Finding(
        Guard.SHORT_PERIOD,
        SubjectKind.TENDER,
        str(contest.id),
        contest.area_code,
        rule.code,
        Text(
            f"自公告至响应截止仅 {days} 个整日，同类采购不少于 {rule.number} 日（R003）。",
            f"{days} whole days from the notice to the deadline; purchases of this method leave"
            f" {rule.number} (R003).",
        ),
        {"days": days, "least": rule.number},
        (str(contest.id),),
        buyer_id=contest.buyer_id,
        provider_id=next(iter(contest.winners)) if len(contest.winners) == 1 else None,
    )


def many_categories(
    decided: Iterable[Contest], *, peers_from: Rule, breadth: Rule
) -> list[Finding]:
    """Suppliers that won in far more categories than their peers. Source: Cardinal R048.

    Who took part in fewer purchases than `peers_from` is neither peer nor judged.
    """
    taken: Counter[UUID] = Counter()
    won: defaultdict[UUID, dict[str, Contest]] = defaultdict(dict)
    for contest in decided:
        taken.update({offer.bidder_id for offer in contest.offers} | contest.winners)
        for winner in contest.winners:
            won[winner][contest.category] = contest
    peers = {
        each: len(won[each]) for each in taken if peers_from.admits(taken[each]) and each in won
    }
    if not peers:
        return []
    fence = fences([*map(float, peers.values())]).upper
    return [
        _broad(provider, won[provider], fence, len(peers))
        for provider, count in sorted(peers.items())
        if breadth.admits(count) and count >= fence
    ]


def _broad(provider: UUID, won: dict[str, Contest], fence: float, peers: int) -> Finding:
    named = sorted(won)
    return Finding(
        Guard.MANY_CATEGORIES,
        SubjectKind.PROVIDER,
        str(provider),
        won[named[-1]].area_code,
        "guard.categories",
        Text(
            f"在 {len(named)} 个类别成交（{'、'.join(named)}），同类上限为 {fence:.1f}（R048）。",
            f"Won in {len(named)} categories ({', '.join(named)}); its peers' fence is {fence:.1f}"
            " (R048).",
        ),
        {"categories": named, "fence": round(fence, 2), "peers": peers},
        tuple(str(won[name].id) for name in named),
        provider_id=provider,
    )
