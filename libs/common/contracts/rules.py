"""Words of the rule table 规则表, the same in every service. Shares are 0 to 1, money is fen."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, PlainSerializer, StringConstraints

from common.contracts.base import Input, Instant, Model
from common.rules import Confidence, Operator

Exact = Annotated[
    Decimal,
    Field(allow_inf_nan=False, max_digits=30, decimal_places=10),
    PlainSerializer(float, return_type=float, when_used="json"),
]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Value = Annotated[
    bool | int | Exact | Words,
    Field(
        description="规则数值；null 为尚未核定，凡需此数的步骤不能继续 / null: not set, and what "
        "needs it is blocked",
    ),
]
Reason = Annotated[
    str,
    Field(min_length=4, max_length=500, description="理由，入审计日志 / why; kept in the audit"),
]


class RuleText(Model):
    """What the rule says, in short; not the official wording."""

    zh: str
    en: str


class Rule(Model):
    """One rule: what it sets, where, from when to when, by which text, and how sure that is."""

    id: UUID
    code: str = Field(description="规则编号，答复中据此引用 / answers that applied it name it")
    parameter: str = Field(description="规定什么 / what it sets")
    object: str = Field(description="对谁 / of what")
    method: str | None = Field(description="限于何种方式；null 为全部 / null: every method")
    operator: Operator
    value: Value | None
    unit: str | None
    inclusive: bool = Field(description="是否含本数 / whether the number itself is included")
    jurisdiction: str = Field(description="CN 或区划有效位 / CN or significant digits")
    valid_from: date
    valid_to: date | None = Field(description="末日，含 / last day; null: still valid")
    document: str = Field(description="文号或文件名 / number or name of the document")
    article: str
    confidence: Confidence
    verified_by: str | None = Field(description="核对过原文的人；null 为未核对 / null: nobody yet")
    verified_at: Instant | None
    text: RuleText
    note: str
    version: int
    updated_at: Instant
    updated_by: str


class RuleChange(Model):
    """How a rule stood from one change to the next, and why it was changed."""

    version: int
    value: Value | None
    unit: str | None
    valid_from: date
    valid_to: date | None
    document: str
    article: str
    confidence: Confidence
    verified_by: str | None
    changed_at: Instant
    changed_by: str
    reason: str


class RuleState(Rule):
    """A rule with its history, newest change first."""

    history: list[RuleChange]


class RuleSetting(Input):
    """A new value, by somebody with authority. What rested on the old one keeps its version."""

    value: Value | None
    document: str | None = Field(None, min_length=1, max_length=200, description="null：不变")
    article: str | None = Field(None, min_length=1, max_length=100, description="null：不变")
    valid_to: date | None = Field(None, description="末日，含；null：不变 / null: as it is")
    reason: Reason


class RuleSuccessor(Input):
    """What a rule becomes from a day on; the present row ends the day before."""

    value: Value | None
    valid_from: date = Field(description="自此日起，含 / from this day on")
    document: str = Field(min_length=1, max_length=200)
    article: str = Field(max_length=100)
    reason: Reason


class RuleVerification(Input):
    """Somebody read the official text and found the rule as it stands there."""

    reason: Reason
