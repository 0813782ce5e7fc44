"""Words of a purchase from intention to announcement as those meet them who run it or take part.

What the public reads of it in the feed is `contracts.procurement.Tender`.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field

from common.contracts.base import Input
from common.contracts.procurement import DeviatingField
from common.contracts.rules import Exact
from common.contracts.shapes import AreaCode, DictionaryCode
from common.contracts.vocabulary import PurchaseMethod, SmallFirmReserve

Words = Annotated[str, Field(min_length=1, max_length=2000)]
Title = Annotated[str, Field(min_length=2, max_length=200)]
Money = Annotated[int, Field(gt=0, le=10**13, description="金额，分 / amount in fen")]
Weight = Annotated[
    Exact, Field(ge=0, le=1, max_digits=5, decimal_places=4, description="比例 0–1 / share")
]
Points = Annotated[Exact, Field(ge=0, le=100, max_digits=5, decimal_places=2)]
Measure = Annotated[Exact, Field(ge=-(10**9), le=10**9, max_digits=12, decimal_places=2)]
Digest = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="SM3 摘要，十六进制 / SM3 digest, hex")
]


def _within_a_century(at: datetime) -> datetime:
    """A deadline that the calendar can reckon with."""
    if not 2000 <= at.year < 2100:
        raise ValueError("a deadline lies between 2000 and 2099")
    return at


Foreseeable = Annotated[AwareDatetime, AfterValidator(_within_a_century)]


class TenderStep(StrEnum):
    """Where a purchase stands, finer than OCDS `tenderStatus`."""

    PLANNING = "planning"  # 准备
    INTENDED = "intended"  # 已公开采购意向
    TENDERING = "tendering"  # 已发公告，接收响应
    OPENED = "opened"  # 已开标（开启响应文件）
    FINAL_OFFERS = "final_offers"  # 接收最后报价
    EVALUATED = "evaluated"  # 评审报告已出
    AWARDED = "awarded"  # 已确定成交，未公告
    ANNOUNCED = "announced"  # 结果已公告
    UNSUCCESSFUL = "unsuccessful"  # 废标、终止
    CANCELLED = "cancelled"


class BoughtObject(StrEnum):
    """What the law distinguishes among what is bought here."""

    SERVICE = "service"
    GOODS = "goods"


class Content(StrEnum):
    """What a purchase contains; the negative list of order 102 names what may not be bought."""

    SERVICE = "service"  # 服务
    OUTSIDE_DUTY = "outside_duty"  # 不属政府职责
    GOVERNMENT_ONLY = "government_only"  # 应由政府直接履职
    WORKS_OR_GOODS_OR_BUNDLED = "works_or_goods_or_bundled"  # 货物、工程，或与服务打包
    FINANCING = "financing"  # 融资
    RECRUITMENT_OR_LABOUR_DISPATCH = "recruitment_or_labour_dispatch"  # 招聘、劳务派遣
    OTHER_BY_LAW = "other_by_law"


class FrameworkForm(StrEnum):
    """The two forms of a framework agreement."""

    CLOSED = "closed"  # 封闭式
    OPEN = "open"  # 开放式


class SecondStage(StrEnum):
    """How a contract of a framework finds its supplier."""

    DIRECT = "direct"  # 直接选定
    MINI_COMPETITION = "mini_competition"  # 二次竞价
    ROTATION = "rotation"  # 顺序轮候
    RECIPIENT = "recipient"  # 服务对象自主选择


class SingleSourceGround(StrEnum):
    """Why there is one supplier only. Source: 政府采购法 31."""

    ONLY_SUPPLIER = "only_supplier"  # 只能从唯一供应商处采购
    EMERGENCY = "emergency"  # 不可预见的紧急情况
    ADDITION = "addition"  # 添购，不超过原合同 10%


class CriterionKind(StrEnum):
    """What a criterion is for: conditions are met or not, only quality is scored."""

    QUALIFICATION = "qualification"  # 资格条件
    QUALITY = "quality"  # 评审因素


class LooksAt(StrEnum):
    """What a criterion looks at; the law forbids some of it."""

    SERVICE_PLAN = "service_plan"  # 服务方案
    STAFF = "staff"  # 拟派人员
    PERFORMANCE = "performance"  # 同类业绩，不限地域
    RESPONSE_TIME = "response_time"  # 响应时间
    QUALITY_SYSTEM = "quality_system"  # 质量与安全管理
    LICENCE = "licence"  # 法定许可
    LEGAL_CONDITION = "legal_condition"  # 采购法第二十二条条件
    LOCAL_PERFORMANCE = "local_performance"  # 特定区域业绩、奖项
    ORGANISATIONAL_FORM = "organisational_form"  # 所有制、组织形式、所在地
    SUPPLIER_SIZE = "supplier_size"  # 注册资本、资产、营收、人员规模、利润、纳税


class Band(Input):
    """So much measured, so many points."""

    at_least: Measure
    points: Points


class CriterionIn(Input):
    """A published criterion. Its points follow from what is measured, by the bands."""

    kind: CriterionKind
    name: Title
    looks_at: LooksAt
    indicator: str = Field("", max_length=200, description="量化指标 / what is measured")
    unit: str = Field("", max_length=40)
    points: Points = Decimal(0)
    bands: list[Band] = Field(default_factory=list, max_length=20)


class Survey(Input):
    """A survey of the requirement 需求调查, attached to a purchase."""

    conducted_on: date
    respondents: int = Field(ge=1, le=10**6, description="调查对象数 / who was asked")
    residents: int = Field(ge=0, le=10**6, description="其中居民人数 / residents among them")
    summary: Words
    document_digest: Digest | None = None


class DeviationIn(Input):
    """Why a purchase departs from what residents fixed; it is published."""

    field: DeviatingField
    reason: str = Field(min_length=10, max_length=1000)
    rule: str | None = Field(None, max_length=80, description="依据的规则编号 / rule behind it")


class TenderIn(Input):
    """A purchase to be prepared. What residents fixed comes along by `agenda_item_id`."""

    title: Title
    description: Words
    method: PurchaseMethod
    object: BoughtObject = BoughtObject.SERVICE
    contents: list[Content] = Field(default=[Content.SERVICE], min_length=1, max_length=7)
    category: DictionaryCode
    buyer_id: UUID
    area_code: AreaCode
    value_fen: Money = Field(description="预算，分 / budget, in fen")
    ceiling_fen: Money | None = Field(None, description="最高限价，分 / ceiling price")
    agenda_item_id: UUID | None = Field(None, description="居民议题；空为部门提出")
    deviations: list[DeviationIn] = Field(default_factory=list, max_length=3)
    framework_form: FrameworkForm | None = None
    second_stage: SecondStage | None = None
    framework_ends_on: date | None = Field(None, description="框架协议末日，含")
    top_up_of_id: UUID | None = Field(None, description="所补的框架协议 / framework topped up")
    top_up_reason: Words | None = Field(None, description="为何影响履行 / why performance suffers")
    failed_tender_id: UUID | None = Field(
        None,
        description="只剩两家而废标、经批准改为谈判时的原招标 / the tender that failed",
    )
    single_source_ground: SingleSourceGround | None = None
    original_contract_id: UUID | None = Field(
        None, description="添购时的原合同 / the contract that is added to"
    )
    approval_number: str | None = Field(
        None,
        max_length=80,
        description="应公开招标或合并而不为的批准文号 / approval of another method or of pieces",
    )
    is_conducted_elsewhere: bool = False
    is_price_fixed: bool = False
    price_weight: Weight = Decimal(0)
    small_firm_deduction: Weight | None = None
    small_firm_reserve: SmallFirmReserve | None = None
    consortium_deduction: Weight | None = None
    survey: Survey | None = None


class CriteriaIn(Input):
    """The criteria of the documents, all of them."""

    criteria: list[CriterionIn] = Field(min_length=1, max_length=60)


class DocumentIn(Input):
    """A document of the file: where it is kept and its digest."""

    kind: str = Field(pattern=r"^[a-z][a-z_]{1,39}$", examples=["tender_document"])
    title: Title
    address: str | None = Field(None, max_length=500, pattern=r"^https://[^\s]+$")
    digest: Digest


class NoticeIn(Input):
    """The notice that opens a purchase: until when bids, questions and reveals are taken."""

    tender_period_end_at: Foreseeable
    enquiry_period_end_at: Foreseeable
    reveal_period_end_at: Foreseeable = Field(description="解密窗口末 / end of the reveal window")
    invited_ids: list[UUID] = Field(
        default_factory=list, max_length=100, description="符合条件的候选供应商，随机抽取受邀者"
    )
    invite: int | None = Field(None, ge=1, le=100, description="抽取家数；空为全部邀请")
    intention_waiver: Words | None = Field(
        None, description="采购意向未按时公开的理由：不可预见的急需，公开 / why it was not in time"
    )


class QuestionIn(Input):
    """A supplier's question; who asked is never published."""

    text: Words


class AnswerIn(Input):
    """The answer to a question, published with it."""

    text: Words


class AmendmentIn(Input):
    """A change of the documents; one that matters to bids may move the deadline."""

    text: Words
    affects_bids: bool
    tender_period_end_at: Foreseeable | None = Field(None, description="另定的截止时间")


class CancellationIn(Input):
    """Why a purchase ends without an award."""

    reason: DictionaryCode
    explanation: Words
