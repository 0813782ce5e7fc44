"""Which money may serve people of other districts 跨区, and who needs an agreement. Pure.

Everybody asks here: a direct referral, a citywide run, the index of matches. What counts is where
the need is; a home that is only registered there moves no money.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from common.rules import RulesInForce

# A code of so many digits that ends like this names something wider.
_WIDER: Final[Mapping[int, str]] = {12: "000", 9: "000", 6: "00"}


@dataclass(frozen=True, slots=True)
class Money:
    """Which funds stay in their district, and how many digits of a code tell a district.

    What `free` does not name stays, what nobody has written down among it; `bound` stays even if
    `free` names it. Where a policy is tried that names only the bound funds, `free` is None: all
    others cross.
    """

    bound: frozenset[str]
    free: frozenset[str] | None
    digits: int

    @classmethod
    def by_rules(cls, rules: RulesInForce) -> Self:
        """As the rules of a day and place say. Raises `RuleNotSet` for what nobody has set."""
        digits = rules.rule("match.funding_level").number
        if rules.rule("cross_district.agreement").known is False:
            return cls(frozenset(), None, digits)
        bound = frozenset(rules.rule("match.bound_funding").words)
        return cls(bound, frozenset(rules.rule("cross_district.funding").words), digits)

    def stays(self, source: str | None) -> bool:
        """Whether a fund is for the people of its district."""
        return source in self.bound or (self.free is not None and source not in self.free)

    def district(self, source: str | None, area_code: str) -> str | None:
        """The district whose people an offering is for, as far as its money goes; None: everybody.

        What serves the city crosses nothing.
        """
        if not self.stays(source):
            return None
        levels = (n for n in _WIDER if n <= self.digits)
        return next((area_code[:n] for n in levels if not area_code[:n].endswith(_WIDER[n])), None)

    def needs_agreement(self, need_area: str, offering_area: str, source: str | None) -> bool:
        """Whether a referral has to name an agreement 跨区协议; areas are 12-digit codes."""
        district = self.district(source, offering_area)
        return district is not None and not need_area.startswith(district)
