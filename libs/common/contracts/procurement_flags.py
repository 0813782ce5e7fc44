"""Words of red flags 风险提示: what looks unusual, why, by which rule; for a person to check."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from common.contracts.base import Instant, Model
from common.contracts.shapes import AreaCode, Count


class Guard(StrEnum):
    """What is looked for. Cardinal's own codes stand in the text of the finding."""

    INCUBATION = "incubation"  # 购买方、其上级或其孵化机构培育了承接者
    CONCENTRATION = "concentration"  # 街镇集中度
    SPLITTING = "splitting"  # 化整为零
    SINGLE_BID = "single_bid"  # 只有一家响应 (R018)
    IDENTICAL_PRICES = "identical_prices"  # 报价相同 (R028)
    WINNER_ALONE_LEFT = "winner_alone_left"  # 其余响应全被否决 (R035)
    LOWEST_DISQUALIFIED = "lowest_disqualified"  # 最低价被否决 (R036)
    OFTEN_DISQUALIFYING = "often_disqualifying"  # 购买方否决比例异常 (R038)
    OFTEN_LOSING = "often_losing"  # 屡投不中 (R025)
    SHORT_PERIOD = "short_period"  # 响应时间过短 (R003)
    MANY_CATEGORIES = "many_categories"  # 成交类别异常多 (R048)
    PRICE_OUTLIER = "price_outlier"  # 单位成本离群
    HARDWARE = "hardware"  # 重硬件轻服务


class SubjectKind(StrEnum):
    """What a flag is about."""

    CONTRACT = "contract"
    TENDER = "tender"
    BUYER = "buyer"
    PROVIDER = "provider"
    AREA = "area"


class RedFlag(Model):
    """One finding, with the values it rests on. It explains itself and judges nobody."""

    id: UUID
    guard: Guard
    subject_kind: SubjectKind
    subject: str = Field(description="记录标识或区划代码 / id of a record, or an area code")
    period: str = Field(description="年度；不按年为空 / year, or empty")
    area_code: AreaCode
    buyer_id: UUID | None
    provider_id: UUID | None
    rule: str = Field(description="依据的规则编号 / rule behind it")
    explanation_zh: str
    explanation_en: str
    measured: dict[str, Any] = Field(description="所据数值 / the values it rests on")
    documents: list[str] = Field(description="所据记录 / the records it rests on")
    found_at: Instant
    cleared_at: Instant | None = Field(description="不再成立的时间 / when it ceased to hold")


class GuardRun(Model):
    """The last look over everything."""

    run_at: Instant
    contracts: Count
    tenders: Count
    flags: Count
    blocked_rules: list[str] = Field(
        description="数值未核定、因而未能检查的规则 / rules without a value: not looked at"
    )
