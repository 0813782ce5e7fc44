"""Words of the provider file 承接者资质与服务效能数据库 beyond its published part.

Days are in Asia/Shanghai, both ends included. A qualification counts from its verification on.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.procurement import Exclusion, Provider, Tie, Validity
from common.contracts.registry.concessions import SpaceUse
from common.contracts.shapes import AreaCode, Count, DictionaryCode


class QualificationStatus(StrEnum):
    """Whether somebody has read the original."""

    DECLARED = "declared"  # 待核验
    VERIFIED = "verified"
    REFUSED = "refused"


class ExclusionReason(StrEnum):
    """Why a provider may not take part for a time."""

    FALSE_MATERIAL = "false_material"  # 提供虚假材料
    COLLUSION = "collusion"  # 串通
    BRIBERY = "bribery"  # 行贿
    REFUSED_TO_SIGN = "refused_to_sign"  # 无正当理由拒不签订合同
    SUBCONTRACTED_AWAY = "subcontracted_away"  # 转包
    MAJOR_VIOLATION = "major_violation"  # 重大违法记录
    COURT_BLACKLIST = "court_blacklist"  # 失信被执行人
    OTHER = "other"


class TieKind(StrEnum):
    """What binds a provider to somebody else."""

    INCUBATOR = "incubator"  # 孵化培育
    SUPERVISION = "supervision"  # 业务主管
    MANAGEMENT = "management"  # 管理关系
    SHAREHOLDER = "shareholder"  # 控股、实际控制
    SAME_HEAD = "same_head"  # 同一负责人
    EMPLOYMENT = "employment"  # 劳动关系
    KINSHIP = "kinship"  # 负责人之间的亲属关系


class TieSource(StrEnum):
    """Where a tie is known from."""

    REGISTRY = "registry"  # 资源库的培育关系
    DECLARED = "declared"  # 承接者自行申报
    RECORDED = "recorded"  # 工作人员登记


Document = Annotated[str, Field(min_length=1, max_length=100, description="决定文号 / decision")]
Reason = Annotated[str, Field(min_length=1, max_length=500)]


class Qualification(Validity):
    """A qualification as the file keeps it."""

    id: UUID
    status: QualificationStatus
    persons: Count | None = Field(description="持证人数 / how many hold it; staff only")
    verified_at: Instant | None
    refusal: str | None = Field(description="不予认可的理由 / why it is not accepted")
    version: int


class ExclusionRecord(Exclusion):
    """An exclusion as the file keeps it; lifted early it says by which decision."""

    id: UUID
    lifting_document: str | None
    version: int


class TieRecord(Tie):
    """A tie as the file keeps it."""

    id: UUID
    source: TieSource
    version: int


class RunningConcession(Model):
    """A public room that a provider runs now: the price it promised, beside that of the market."""

    id: UUID
    venue_id: UUID
    use: SpaceUse
    category: str
    area_code: str
    price_ceiling_fen: Fen = Field(description="承诺的最高价，分 / price promised as the highest")
    reference_price_fen: Fen = Field(description="同类市场参考价，分 / what the market asks")
    price_unit: str
    valid_to: date = Field(description="终止日期，不含当日 / first day after it")


class ProviderFile(Provider):
    """A provider's file: the published part, what it lacks, and where each line comes from."""

    credit_code: str | None
    area_code: AreaCode
    missing: list[str] = Field(
        description="尚缺或过期的资质代码 / qualifications that it lacks, or that have expired"
    )
    qualification_records: list[Qualification]
    exclusion_records: list[ExclusionRecord]
    tie_records: list[TieRecord]
    concessions: list[RunningConcession] = Field(
        description="现经营的公共空间 / public rooms that it runs now, and its promises"
    )
    version: int


class ProviderIn(Input):
    """Opens a file for an organisation that the registry has told of."""

    organisation_id: UUID
    categories: list[DictionaryCode] = Field(min_length=1, max_length=40)
    is_small_enterprise: bool = False


class ProviderPatch(Input):
    """What can change in the head of a file; an absent field stays."""

    categories: list[DictionaryCode] | None = Field(None, min_length=1, max_length=40)
    is_small_enterprise: bool | None = None


class QualificationIn(Input):
    """A qualification with its validity, to be verified by somebody else."""

    code: DictionaryCode = Field(
        description="资质代码：registration 登记证书，qualified_staff 持证人员，其余按字典 / "
        "registration, qualified_staff, or another licence"
    )
    name: str = Field(min_length=1, max_length=100)
    number: str | None = Field(None, min_length=1, max_length=100)
    valid_from_on: date
    valid_to_on: date | None = None
    persons: int | None = Field(None, ge=1, le=100_000)


class VerificationIn(Input):
    """What the reader of the original found."""

    is_verified: bool
    refusal: Reason | None = None


class ExclusionIn(Input):
    """A decision that keeps a provider out for a time."""

    reason: ExclusionReason
    document: Document
    from_on: date
    to_on: date | None = None


class LiftingIn(Input):
    """A decision that ends an exclusion early."""

    last_on: date = Field(description="禁入的末日 / last day of the exclusion")
    document: Document


class TieIn(Input):
    """A tie to another organisation."""

    organisation_id: UUID
    kind: TieKind
    from_on: date
    to_on: date | None = None


class TieEndIn(Input):
    """The end of a tie."""

    to_on: date = Field(description="关系的末日 / last day of the tie")
