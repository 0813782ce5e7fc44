"""How real the competition was: the red flags of Cardinal that fit purchases of services.

What supposes that the lowest price wins (R036) is asked of such methods alone; near and discounted
prices (R024, R058) are not asked at all, since services are won by quality and price together.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from common.contracts.procurement_flags import Guard, SubjectKind
from common.contracts.vocabulary import PurchaseMethod
from common.errors import Text
from procurement.domain.guards.fences import fences
from procurement.domain.guards.finding import Contest, Finding, percent, yuan

RULE: Final = "guard.cardinal"
M = PurchaseMethod
COMPETITIVE: Final = frozenset(
    {M.OPEN_TENDER, M.INVITED_TENDER, M.CONSULTATION, M.NEGOTIATION, M.INQUIRY, M.SELECTION}
)
BY_PRICE: Final = frozenset({M.NEGOTIATION, M.INQUIRY})
LEAST_BIDS: Final = 4  # of one organisation or buyer, before its shares say anything
LEAST_PEERS: Final = 8


def contests(decided: Iterable[Contest]) -> list[Finding]:
    """What is unusual in each purchase by itself."""
    looks = (single_bid, identical_prices, winner_alone_left, lowest_disqualified)
    return [
        found
        for contest in decided
        if contest.method in COMPETITIVE
        for look in looks
        if (found := look(contest)) is not None
    ]


def single_bid(contest: Contest) -> Finding | None:
    """One organisation alone offered. Source: Cardinal R018."""
    bidders = {offer.bidder_id for offer in contest.offers}
    if len(bidders) != 1:
        return None
    told = Text(
        f"以 {contest.method} 方式采购，只有一家供应商响应（R018）。",
        f"By {contest.method}, and one supplier alone responded (R018).",
    )
    return _finding(Guard.SINGLE_BID, contest, told, {"bidders": 1}, *bidders)


def identical_prices(contest: Contest) -> Finding | None:
    """Different organisations offered the same price. Source: Cardinal R028."""
    at: defaultdict[int, set[UUID]] = defaultdict(set)
    for offer in contest.offers:
        if offer.price_fen is not None:
            at[offer.price_fen].add(offer.bidder_id)
    same = {price: who for price, who in at.items() if len(who) > 1}
    if not same:
        return None
    price, who = max(same.items(), key=lambda each: (len(each[1]), each[0]))
    told = Text(
        f"{len(who)} 家供应商报价同为 {yuan(price)} 元（R028）。",
        f"{len(who)} suppliers offered the same price, {yuan(price)} yuan (R028).",
    )
    measured = {"price_fen": price, "bidders": len(who)}
    return _finding(Guard.IDENTICAL_PRICES, contest, told, measured, *sorted(who))


def winner_alone_left(contest: Contest) -> Finding | None:
    """All but the winner were disqualified. Source: Cardinal R035."""
    left = {offer.bidder_id for offer in contest.offers if not offer.is_disqualified}
    out = {offer.bidder_id for offer in contest.offers if offer.is_disqualified} - left
    if not out or len(left) != 1 or left != contest.winners:
        return None
    told = Text(
        f"除成交供应商外，其余 {len(out)} 家的响应全被否决（R035）。",
        f"All {len(out)} others were disqualified; the winner alone was left (R035).",
    )
    return _finding(
        Guard.WINNER_ALONE_LEFT, contest, told, {"disqualified": len(out)}, *left, *sorted(out)
    )


def lowest_disqualified(contest: Contest) -> Finding | None:
    """The lowest offer was disqualified where the lowest price wins. Source: Cardinal R036."""
    priced = [offer for offer in contest.offers if offer.price_fen is not None]
    if contest.method not in BY_PRICE or not contest.winners or not priced:
        return None
    lowest = min(priced, key=lambda offer: (offer.price_fen or 0, not offer.is_disqualified))
    valid = [offer.price_fen or 0 for offer in priced if not offer.is_disqualified]
    if not lowest.is_disqualified or not valid:
        return None
    told = Text(
        f"最低报价 {yuan(lowest.price_fen or 0)} 元被否决，有效最低价为 {yuan(min(valid))} 元"
        "（R036）。",
        f"The lowest offer, {yuan(lowest.price_fen or 0)} yuan, was disqualified; the lowest"
        f" valid one is {yuan(min(valid))} (R036).",
    )
    measured = {"lowest_fen": lowest.price_fen, "lowest_valid_fen": min(valid)}
    return _finding(Guard.LOWEST_DISQUALIFIED, contest, told, measured, lowest.bidder_id)


def often_disqualifying(decided: Iterable[Contest]) -> list[Finding]:
    """Buyers that disqualify far more than their peers. Source: Cardinal R038."""
    bids: Counter[UUID] = Counter()
    out: Counter[UUID] = Counter()
    last: dict[UUID, Contest] = {}
    for contest in decided:
        bids[contest.buyer_id] += len(contest.offers)
        out[contest.buyer_id] += sum(offer.is_disqualified for offer in contest.offers)
        last[contest.buyer_id] = contest
    shares = {buyer: out[buyer] / count for buyer, count in bids.items() if count >= LEAST_BIDS}
    if len(shares) < LEAST_PEERS:
        return []
    fence = fences([*shares.values()]).upper
    return [
        Finding(
            Guard.OFTEN_DISQUALIFYING,
            SubjectKind.BUYER,
            str(buyer),
            last[buyer].area_code,
            RULE,
            Text(
                f"该购买方否决了 {percent(share)} 的响应（{out[buyer]}/{bids[buyer]}），"
                f"同类上限为 {percent(fence)}（R038）。",
                f"This buyer disqualified {percent(share)} of the bids ({out[buyer]} of"
                f" {bids[buyer]}); its peers' fence is {percent(fence)} (R038).",
            ),
            {"share": round(share, 4), "fence": round(fence, 4), "peers": len(shares)},
            (str(last[buyer].id),),
            buyer_id=buyer,
        )
        for buyer, share in sorted(shares.items())
        if fence > 0 and share >= fence and out[buyer] > 0
    ]


def often_losing(decided: Iterable[Contest]) -> list[Finding]:
    """Organisations that bid often and hardly ever win. Source: Cardinal R025."""
    bids: Counter[UUID] = Counter()
    won: Counter[UUID] = Counter()
    last: dict[UUID, Contest] = {}
    for contest in decided:
        for bidder in {offer.bidder_id for offer in contest.offers if not offer.is_disqualified}:
            bids[bidder] += 1
            won[bidder] += bidder in contest.winners
            last[bidder] = contest
    if len(bids) < LEAST_PEERS:
        return []
    shares = {bidder: won[bidder] / count for bidder, count in bids.items()}
    fence = fences([*shares.values()])
    often = fences([float(count) for count in bids.values()]).third
    if fence.first <= 0 or fence.lower <= 0:
        return []
    return [
        Finding(
            Guard.OFTEN_LOSING,
            SubjectKind.PROVIDER,
            str(bidder),
            last[bidder].area_code,
            RULE,
            Text(
                f"有效响应 {bids[bidder]} 次，成交 {won[bidder]} 次（R025）。",
                f"{bids[bidder]} valid bids and {won[bidder]} wins (R025).",
            ),
            {"bids": bids[bidder], "wins": won[bidder], "fence": round(fence.lower, 4)},
            (str(last[bidder].id),),
            provider_id=bidder,
        )
        for bidder, share in sorted(shares.items())
        if bids[bidder] >= max(often, LEAST_BIDS) and share <= fence.lower
    ]


def _finding(
    guard: Guard, contest: Contest, told: Text, measured: Mapping[str, object], *who: UUID
) -> Finding:
    return Finding(
        guard,
        SubjectKind.TENDER,
        str(contest.id),
        contest.area_code,
        RULE,
        told,
        measured,
        (str(contest.id), *map(str, who)),
        buyer_id=contest.buyer_id,
        provider_id=next(iter(contest.winners)) if len(contest.winners) == 1 else None,
    )
