"""What the rule table says of ratings, read once for a computation.

Pure. A use that the table does not allow is not lawful: the list is white.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from common.contracts.procurement_ratings import EvidenceSource
from common.rules import RulesInForce

AGE_STEP_DAYS: Final = 30  # evidence ages in steps, so that it can be counted by step
_EDGES: Final = ("rating.edge.2", "rating.edge.3", "rating.edge.4", "rating.edge.5")
MINIMUM: Final = "rating.minimum_effective"
BUYERS: Final = "rating.minimum_buyers"


@dataclass(frozen=True, slots=True)
class Parameters:
    """The numbers of the rating as they hold on a day."""

    half_life_days: int
    window_days: int
    interval: float
    cap: float
    minimum_effective: float
    minimum_buyers: int
    prior_providers: int
    edges: tuple[float, ...]
    weights: Mapping[str, float]

    @property
    def half_life(self) -> float:
        """After how many steps of age a piece of evidence weighs half."""
        return self.half_life_days / AGE_STEP_DAYS

    def unrated_because(self, effective: float, buyers: int) -> list[str]:
        """The rules by which there is no rating; none when there is one."""
        lacking = []
        if effective < self.minimum_effective:
            lacking.append(MINIMUM)
        if buyers < self.minimum_buyers:
            lacking.append(BUYERS)
        return lacking


def parameters_of(rules: RulesInForce) -> Parameters:
    """The numbers in force. Raises `NoRule` or `RuleNotSet` when one is missing."""
    return Parameters(
        half_life_days=rules.rule("rating.half_life").number,
        window_days=rules.rule("rating.window").number,
        interval=float(rules.rule("rating.interval").share),
        cap=float(rules.rule("rating.buyer_cap").share),
        minimum_effective=float(rules.rule(MINIMUM).share),
        minimum_buyers=rules.rule(BUYERS).number,
        prior_providers=rules.rule("rating.prior_providers").number,
        edges=tuple(float(rules.rule(code).share) for code in _EDGES),
        weights={
            source.value: float(rules.rule(f"rating.weight.{source}").share)
            for source in EvidenceSource
        },
    )


def lawful_uses(rules: RulesInForce) -> list[str]:
    """The uses that the table allows, by their codes."""
    return sorted(
        rule.code for rule in rules if rule.parameter == "rating_use" and rule.known is True
    )


def applied_codes() -> list[str]:
    """Every rule that a computation reads, for whoever checks it."""
    weights = (f"rating.weight.{source}" for source in EvidenceSource)
    numbers = ("half_life", "window", "interval", "buyer_cap", "related_buyer", "prior_providers")
    return sorted([*(f"rating.{each}" for each in numbers), *_EDGES, MINIMUM, BUYERS, *weights])
