"""All rules of a service: checked for overlap, asked by day and place."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

from common.errors import Conflict, Invalid, Text
from common.rules.rule import NATION, Rule, short_jurisdiction

# What was found is remembered: intake asks a dozen settings a case, which few places set their own.
_REMEMBERED: Final = 10_000


class RulesOverlap(Invalid):
    """Two rows of one rule and place hold on the same day."""

    slug = "rules-overlap"
    title = Text("规则有效期重叠", "Rules overlap")
    detail = Text(
        "规则 {code} 在 {jurisdiction} 的有效期重叠：{first} 起与 {second} 起的两行同时有效。",
        "Rule {code} in {jurisdiction}: the rows from {first} and from {second} overlap.",
    )


class NoRule(Conflict):
    """No rule of that name holds on the day at the place."""

    slug = "no-rule"
    title = Text("没有适用的规则", "No rule applies")
    detail = Text(
        "{day} 在 {jurisdiction} 没有适用的规则 {name}。",
        "No rule {name} holds in {jurisdiction} on {day}.",
    )


class RulesDisagree(Conflict):
    """Several texts of one rank of place set the same parameter differently."""

    slug = "rules-disagree"
    title = Text("规则互相矛盾", "Rules disagree")
    detail = Text(
        "规则 {codes} 对同一事项规定不同，须由有权人员裁定。",
        "The rules {codes} differ on the same thing; somebody with authority must decide.",
    )


class RuleTable:
    """Rules over time and place. Immutable."""

    __slots__ = ("_asked", "_by_code", "_by_topic", "_places", "found", "rules")

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Keep the rules; two rows of one code and place may not hold on one day."""
        self.rules: Final = tuple(rules)
        self._by_code: Final[dict[str, list[Rule]]] = defaultdict(list)
        self._by_topic: Final[dict[tuple[str, str], list[Rule]]] = defaultdict(list)
        for rule in self.rules:
            self._by_code[rule.code].append(rule)
            self._by_topic[rule.parameter, rule.object].append(rule)
        self._places: Final = frozenset(rule.jurisdiction for rule in self.rules)
        self._asked: Final[dict[tuple[date, str], RulesInForce]] = {}
        self.found: Final[dict[tuple[Any, ...], Rule | None]] = {}
        self._refuse_overlap()

    def at(self, day: date, jurisdiction: str = NATION) -> "RulesInForce":
        """The rules as they hold on a day at a place (12 digits, significant digits or CN)."""
        asked = day, jurisdiction
        if asked not in self._asked:
            if len(self._asked) >= _REMEMBERED:
                self._asked.clear()
            place = short_jurisdiction(jurisdiction)
            self._asked[asked] = RulesInForce(self, day, place, self.deepest(place))
        return self._asked[asked]

    def with_rules(self, rules: Iterable[Rule]) -> "RuleTable":
        """The table with more rows."""
        return RuleTable([*self.rules, *rules])

    def of_code(self, code: str) -> list[Rule]:
        """Every row of a rule, of all times and places."""
        return self._by_code.get(code, [])

    def of_topic(self, parameter: str, object_: str) -> list[Rule]:
        """Every row that sets a parameter of an object."""
        return self._by_topic.get((parameter, object_), [])

    def deepest(self, jurisdiction: str) -> str:
        """The deepest place around another that has rules of its own: the same rules hold there."""
        around = (jurisdiction[:length] for length in range(len(jurisdiction), 1, -1))
        return next((place for place in around if place in self._places), NATION)

    def _refuse_overlap(self) -> None:
        for rows in self._by_code.values():
            ordered = sorted(rows, key=lambda rule: (rule.jurisdiction, rule.valid_from))
            for earlier, later in pairwise(ordered):
                same_place = earlier.jurisdiction == later.jurisdiction
                if same_place and earlier.is_valid_on(later.valid_from):
                    raise RulesOverlap(
                        code=later.code,
                        jurisdiction=later.jurisdiction,
                        first=earlier.valid_from,
                        second=later.valid_from,
                    )


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The rules of one day and place. The most specific place wins, then the named method.

    The same hold at the `deepest` place around it that has rules of its own.
    """

    table: RuleTable
    day: date
    jurisdiction: str
    deepest: str

    def rule(self, code: str) -> Rule:
        """The rule of a code; refused when none holds."""
        held = list(self._holding(self.table.of_code(code)))
        if not held:
            raise NoRule(name=code, day=self.day, jurisdiction=self.jurisdiction)
        return max(held, key=_depth)

    def setting(self, parameter: str, object_: str, *, method: str | None = None) -> Rule:
        """The rule that sets a parameter of an object, for a method or for all.

        A law and its order often say the same; the later text is cited. Where they differ on the
        same place and method, nothing is chosen silently: the difference is refused.
        """
        asked = (parameter, object_, method, self.day, self.deepest)
        found = self.table.found
        if asked not in found:
            if len(found) >= _REMEMBERED:
                found.clear()
            found[asked] = self._set(parameter, object_, method)
        rule = found[asked]
        if rule is None:
            name = f"{parameter}/{object_}" + (f"/{method}" if method else "")
            raise NoRule(name=name, day=self.day, jurisdiction=self.jurisdiction)
        return rule

    def _set(self, parameter: str, object_: str, method: str | None) -> Rule | None:
        held = [
            rule
            for rule in self._holding(self.table.of_topic(parameter, object_))
            if rule.method in {None, method}
        ]
        if not held:
            return None
        best = max(map(_rank, held))
        equals = [rule for rule in held if _rank(rule) == best]
        if len({(rule.operator, rule.value, rule.unit) for rule in equals}) > 1:
            raise RulesDisagree(codes="、".join(sorted(rule.code for rule in equals)))
        return max(equals, key=lambda rule: (rule.valid_from, rule.code))

    def __iter__(self) -> Iterator[Rule]:
        """Every rule that holds, the most specific place of each code."""
        codes = dict.fromkeys(rule.code for rule in self._holding(self.table.rules))
        return (self.rule(code) for code in codes)

    def _holding(self, rules: Iterable[Rule]) -> Iterator[Rule]:
        return (r for r in rules if r.is_valid_on(self.day) and r.covers(self.jurisdiction))


def _depth(rule: Rule) -> int:
    return 0 if rule.jurisdiction == NATION else len(rule.jurisdiction)


def _rank(rule: Rule) -> tuple[int, bool]:
    return _depth(rule), rule.method is not None
