"""The stated score of an offering for a need, told in minutes of walking: less is better. Pure.

    score = walking x its weight x urgency + scarcity - rating - openness - wishes

Each part is shown with its weight and the rule that sets it. What waits for a fact to be verified
ranks below everything that does not.
"""

from dataclasses import dataclass
from typing import Final

from common.contracts.matching_queries import ScorePart
from common.contracts.vocabulary import UrgencyTier
from common.crypto.digest import sm3
from common.rules import Applied, RulesInForce
from matching.domain.demand import Need
from matching.domain.districts import Money
from matching.domain.eligibility import Verdict, usable
from matching.domain.supply import Offer
from matching.domain.walking import StraightLine

BELOW: Final = 1_000_000.0  # minutes: within the bounds of rules no sum of the parts comes near it
FAR: Final = 1_000.0  # minutes: how a place that is not known ranks

_TIERS: Final = {
    UrgencyTier.URGENT: "score.urgency_urgent",
    UrgencyTier.PRIORITY: "score.urgency_priority",
    UrgencyTier.ORDINARY: "score.urgency_ordinary",
}
_CODES: Final = (
    *("score.walking", "score.rating", "score.new_provider", "score.wish", "score.scarcity"),
    *_TIERS.values(),
    *("walk.detour", "walk.speed", "match.bound_funding", "match.funding_level"),
    *("cross_district.agreement", "cross_district.funding"),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The weights in force, the walk, and which money stays; each by its rule."""

    walking: float
    rating: float
    new_provider: float
    wish: float
    scarcity: float
    urgency: dict[UrgencyTier, float]
    walk: StraightLine
    money: Money
    applied: tuple[Applied, ...]

    @classmethod
    def by_rules(cls, rules: RulesInForce) -> "Policy":
        """As the rules of a day and place say. Raises `RuleNotSet` for a weight nobody has set."""

        def weight(code: str) -> float:
            return float(rules.rule(code).share)

        return cls(
            walking=weight("score.walking"),
            rating=weight("score.rating"),
            new_provider=weight("score.new_provider"),
            wish=weight("score.wish"),
            scarcity=weight("score.scarcity"),
            urgency={tier: weight(code) for tier, code in _TIERS.items()},
            walk=StraightLine.by_rules(rules),
            money=Money.by_rules(rules),
            applied=tuple(rules.rule(code).applied for code in _CODES),
        )

    @property
    def version(self) -> str:
        """The weights with their rules, as a short digest that answers carry."""
        told = ";".join(f"{each.code}={each.value}" for each in self.applied)
        return sm3(told.encode()).hex()[:12]

    def minutes_of(self, urgency: UrgencyTier) -> float:
        """What a minute of walking counts for a need of this urgency."""
        return self.walking * self.urgency[urgency]

    def standing(self, rating: float | None, scarcity: float) -> float:
        """The part that is the same for every need, in minutes."""
        openness = self.new_provider if rating is None else self.rating * rating
        return self.scarcity * scarcity - openness


def wish_share(need: Need, offer: Offer) -> float:
    """The share of the sorts of wishes that are met, 0 to 1."""
    wishes = need.wishes
    met = (offer.provider_id in wishes.providers) + (offer.venue_id in wishes.venues)
    met += bool(wishes.channels & usable(need, offer))
    return met / wishes.count if wishes.count else 0.0


def score(policy: Policy, need: Need, offer: Offer, far: float | None) -> float:
    """The sum of all parts, in minutes. The order of the operations is that of the arrays."""
    near = policy.minutes_of(need.urgency) * (FAR if far is None else far)
    standing = policy.standing(offer.rating, offer.scarcity)
    return near + standing - policy.wish * wish_share(need, offer)


def rank(minutes: float, verdict: Verdict) -> float:
    """What an eligible offering is ordered by: open facts rank below."""
    return minutes if verdict.eligible else minutes + BELOW


def parts(policy: Policy, need: Need, offer: Offer, far: float | None) -> list[ScorePart]:
    """Every part that counts: what was measured, its weight and rule, what it comes to."""
    weight = policy.minutes_of(need.urgency)
    walked = FAR if far is None else far
    rows = [("walking", walked, weight, "score.walking", weight * walked)]
    if offer.rating is None:
        openness = policy.new_provider
        rows.append(("new_provider", 1.0, openness, "score.new_provider", -openness))
    else:
        worth = policy.rating * offer.rating
        rows.append(("rating", offer.rating, policy.rating, "score.rating", -worth))
    if need.wishes.count:
        share = wish_share(need, offer)
        rows.append(("wish", share, policy.wish, "score.wish", -(policy.wish * share)))
    if offer.scarcity:
        price = policy.scarcity * offer.scarcity
        rows.append(("scarcity", offer.scarcity, policy.scarcity, "score.scarcity", price))
    return [
        ScorePart(part=part, measured=measured, weight=weight, rule=rule, minutes=minutes)
        for part, measured, weight, rule, minutes in rows
    ]
