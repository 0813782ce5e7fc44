"""One rule: a parameter, what it must be, where and from when to when, and who says so."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final

from common.codes import Division, WrongDivisionCode
from common.errors import Conflict, Invalid, Text

Scalar = int | Decimal | bool | str

NATION: Final = "CN"
_RATIO: Final = re.compile(r"[0-9]{1,9}/[1-9][0-9]{0,8}")


class WrongRule(Invalid):
    """A row that cannot be a rule."""

    slug = "wrong-rule"
    title = Text("规则有误", "Wrong rule")
    detail = Text("规则 {code}：{reason}", "Rule {code}: {reason}")

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(code=code, reason=Text(zh, en))


class RuleNotSet(Conflict):
    """The rule is known but its number is not: what needs it has to wait."""

    slug = "rule-not-set"
    title = Text("规则数值尚未核定", "Rule not set")
    detail = Text(
        "规则 {code}（{document}）的数值尚未核定，须由有权人员核定后才能继续。",
        "The value of rule {code} ({document}) is not set; somebody with authority must set it.",
    )


class Confidence(StrEnum):
    """How well a rule's number is known."""

    VERBATIM = "V"  # read in the official text
    SECONDARY = "S"  # several secondary sources agree
    SINGLE_SOURCE = "S1"  # one secondary source
    GENERAL_HIGH = "G-hi"  # general knowledge, likely right
    GENERAL_MEDIUM = "G-md"
    GENERAL_LOW = "G-lo"
    OWN_CHOICE = "P"  # policy of this city or default of this platform, not law


class Operator(StrEnum):
    """What the value is to the thing measured. 以上 and 以下 include their number."""

    IS = "is"
    AT_MOST = "<="
    AT_LEAST = ">="
    UNDER = "<"
    OVER = ">"
    IN = "in"  # the value lists words, separated by commas


@dataclass(frozen=True, slots=True)
class Applied:
    """The reference that an answer carries: which rule decided, by which text, how sure."""

    code: str
    value: Scalar
    unit: str | None
    jurisdiction: str
    document: str
    article: str
    valid_from: date
    confidence: Confidence
    verified_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as a value. `valid_to` is the last day it holds, None while it holds.

    `method` None applies to every method; `value` None is known to exist but not confirmed.
    """

    code: str
    parameter: str
    object: str
    operator: Operator
    value: Scalar | None
    document: str
    article: str
    jurisdiction: str
    valid_from: date
    confidence: Confidence
    method: str | None = None
    unit: str | None = None
    inclusive: bool = True
    valid_to: date | None = None
    verified_by: str | None = None
    text: Text = field(default=Text("", ""), compare=False)
    note: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Refuse a rule that contradicts itself."""
        if not (self.code and self.parameter and self.object and self.document):
            raise WrongRule(self.code or "?", "缺少编号、参数、对象或文件。", "a part is missing.")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise WrongRule(self.code, "失效日期早于生效日期。", "it ends before it begins.")
        if self.inclusive != (self.operator not in {Operator.UNDER, Operator.OVER}):
            raise WrongRule(
                self.code,
                f"“{self.operator}”与是否含本数不一致。",
                f'"{self.operator}" and the inclusive flag disagree.',
            )
        if isinstance(self.value, float):
            raise WrongRule(self.code, "数值须为精确小数。", "values are exact, never floats.")
        if short_jurisdiction(self.jurisdiction) != self.jurisdiction:
            raise WrongRule(
                self.code,
                f"适用地域应写作 {short_jurisdiction(self.jurisdiction)}。",
                f"its jurisdiction is written {short_jurisdiction(self.jurisdiction)}.",
            )

    def is_valid_on(self, day: date) -> bool:
        """Whether the rule holds on a day. Both ends belong to it."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def covers(self, jurisdiction: str) -> bool:
        """Whether the rule holds in a place, which may lie deeper than its jurisdiction."""
        return self.jurisdiction == NATION or jurisdiction.startswith(self.jurisdiction)

    @property
    def known(self) -> Scalar:
        """The value; refused by name while nobody has confirmed one."""
        if self.value is None:
            raise RuleNotSet(code=self.code, document=self.document)
        return self.value

    @property
    def number(self) -> int:
        """The value as a whole number, for days, counts and fen."""
        value = self.known
        if isinstance(value, bool) or not isinstance(value, int):
            raise WrongRule(self.code, "数值应为整数。", "its value is not a whole number.")
        return value

    @property
    def share(self) -> Decimal:
        """The value as an exact number, for shares and factors."""
        value = self.known
        if isinstance(value, bool | str):
            raise WrongRule(self.code, "数值应为数字。", "its value is not a number.")
        return Decimal(value)

    @property
    def ratio(self) -> Fraction:
        """The value as an exact ratio, also when a law writes it so ("2/3" of a panel)."""
        value = self.known
        if isinstance(value, str) and _RATIO.fullmatch(value):
            return Fraction(value)
        return Fraction(self.share)

    @property
    def words(self) -> tuple[str, ...]:
        """The value as a list of words."""
        return tuple(word.strip() for word in str(self.known).split(","))

    def admits(self, measured: Scalar | Fraction) -> bool:
        """Whether something measured, in the rule's unit, is as the rule demands."""
        if self.operator is Operator.IN:
            return str(measured) in self.words
        if self.operator is Operator.IS:
            return measured == self.known
        bound, given = self.ratio, Fraction(measured)
        return {
            Operator.AT_MOST: given <= bound,
            Operator.AT_LEAST: given >= bound,
            Operator.UNDER: given < bound,
            Operator.OVER: given > bound,
        }[self.operator]

    @property
    def applied(self) -> Applied:
        """The reference for an answer that rests on this rule."""
        return Applied(
            code=self.code,
            value=self.known,
            unit=self.unit,
            jurisdiction=self.jurisdiction,
            document=self.document,
            article=self.article,
            valid_from=self.valid_from,
            confidence=self.confidence,
            verified_by=self.verified_by,
        )


@lru_cache(maxsize=20_000)
def short_jurisdiction(place: str) -> str:
    """`CN`, or the significant digits of a division code given with 2 to 12 digits."""
    if place == NATION:
        return NATION
    try:
        return Division.parse(place.ljust(12, "0")).short
    except WrongDivisionCode:
        raise WrongRule("?", f"适用地域“{place}”有误。", f'wrong jurisdiction "{place}".') from None
