"""Words of benefits 给付: what a person is granted from some source for some time.

Nobody is named: a benefit carries a keyed index of the identity number, which opens nothing. It
serves one question: whether the same person has the same kind already, from somebody else.
"""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.matching_needs import Line
from common.contracts.shapes import AreaCode, DictionaryCode

ResidentId = Annotated[
    str,
    Field(
        min_length=15,
        max_length=18,
        description="身份证号：仅用于比对，不保存 / compared, never kept",
    ),
]


class BenefitQuery(Input):
    """What is about to be granted, and to whom."""

    resident_id: ResidentId
    kind: DictionaryCode = Field(description="给付种类 / kind of benefit")
    source: DictionaryCode = Field(description="字典 funding_source / where the money comes from")
    from_on: date
    to_on: date | None = Field(None, description="末日，含；null 为长期 / inclusive, null: no end")


class BenefitIn(BenefitQuery):
    """A benefit that is granted."""

    area_code: AreaCode
    line: Line
    amount_fen: Fen = Field(le=10**12)
    need_id: UUID | None = None
    despite: str | None = Field(
        None,
        min_length=4,
        max_length=500,
        description="确须并行给付的理由，写入审计 / why it is granted all the same; audited",
    )


class BenefitEnd(Input):
    """The last day of a benefit, and why it ends."""

    on: date = Field(description="末日，含 / last day, inclusive")
    reason: str = Field(min_length=2, max_length=500)


class BenefitVoid(Input):
    """Why a benefit was recorded by mistake; audited."""

    reason: str = Field(min_length=2, max_length=500)


class Benefit(Model):
    """A benefit; whose it is, is not told."""

    id: UUID
    kind: DictionaryCode
    source: DictionaryCode
    area_code: AreaCode
    line: str
    amount_fen: int
    from_on: date
    to_on: date | None
    need_id: UUID | None
    is_despite: bool = Field(description="经说明理由的并行给付 / granted in spite of another one")
    granted_at: Instant
    voided_at: Instant | None = Field(
        description="作废时间：登记有误，不再计入核对 / recorded by mistake; counts for nothing"
    )
    version: int


class Overlap(Model):
    """A benefit that stands in the way: as much of it as the decision needs."""

    benefit_id: UUID
    kind: DictionaryCode
    source: DictionaryCode
    area_code: AreaCode
    line: str
    from_on: date
    to_on: date | None
    rule: str = Field(description="所依的规则编号 / rule by which both exclude each other")
    rule_text: str
