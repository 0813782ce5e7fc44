"""Words of experts, panels, scoring, the report and the award."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.procurement_tenders import Measure, SecondStage, Words
from common.contracts.rules import Exact
from common.contracts.shapes import AreaCode, DictionaryCode

Name = Annotated[str, Field(min_length=2, max_length=40)]

Account = Annotated[str, Field(min_length=1, max_length=200, description="登录账号 / subject")]


class RelationKind(StrEnum):
    """Relations that make an evaluator partial. Source: 政府采购法 12; 条例 9."""

    LABOUR = "labour"  # 劳动关系
    BOARD = "board"  # 董事、监事、理事
    SHAREHOLDER = "shareholder"  # 控股股东、实际控制人
    KINSHIP = "kinship"  # 近亲属关系（自报）
    INCUBATOR = "incubator"  # 孵化培育
    MANAGEMENT = "management"  # 管理关系
    OTHER = "other"  # 可能影响公正的其他关系


class SeatStatus(StrEnum):
    """The life of a seat on a panel."""

    DRAWN = "drawn"
    RECUSED = "recused"  # 回避、缺席，由次序中的下一位递补
    SUBMITTED = "submitted"  # 评分已提交


class AwardStatus(StrEnum):
    """OCDS award status."""

    PENDING = "pending"  # 已确定，未公告
    ACTIVE = "active"
    CANCELLED = "cancelled"
    UNSUCCESSFUL = "unsuccessful"


class RelationIn(Input):
    """A relation with an organisation, as declared or found."""

    organisation_id: UUID
    kind: RelationKind
    from_on: date
    to_on: date | None = Field(None, description="含当日；空为仍存续 / null: still so")


class ExpertIn(Input):
    """An expert of the pool. The account is the subject with which the expert signs in."""

    name: Name
    account: Account
    area_code: AreaCode
    categories: list[DictionaryCode] = Field(min_length=1, max_length=30)
    relations: list[RelationIn] = Field(default_factory=list, max_length=50)


class Relation(Model):
    """A relation of an expert."""

    organisation_id: UUID
    kind: RelationKind
    from_on: date
    to_on: date | None


class DepartureIn(Input):
    """An expert leaves the pool."""

    reason: str = Field(min_length=4, max_length=500)


class ReturnIn(Input):
    """An expert comes back to the pool, and declares the ties that have come up meanwhile."""

    reason: str = Field(min_length=4, max_length=500)
    relations: list[RelationIn] = Field(
        default_factory=list, max_length=50, description="新增的利害关系 / ties that are new"
    )


class Duty(Model):
    """A seat to which an expert was drawn, and that still has to be sat."""

    tender_id: UUID
    round: int
    place: int


class Expert(Model):
    """An expert, masked."""

    id: UUID
    name: str = Field(description="脱敏 / masked")
    area_code: str
    categories: list[str]
    is_active: bool
    left_at: Instant | None
    left_reason: str | None
    returned_at: Instant | None = Field(
        description="退出后最近回到专家库的时间 / back in the pool since, after having left"
    )
    relations: list[Relation]
    version: int


class Departure(Model):
    """An expert who has left the pool, with the seats that stand until they are left as well."""

    expert: Expert
    duties: list[Duty] = Field(
        description="仍须履行的席位；不能出席的，由上级认定缺席（absence）递补"
        " / seats still to be sat; who cannot is replaced by an absence"
    )


class RepresentativeIn(Input):
    """Who sits for the buyer: signs in with the buyer's organisation, and has declared all ties."""

    account: Account
    relations: list[RelationIn] = Field(
        default_factory=list, max_length=50, description="利害关系申报 / declared relations"
    )


class DrawIn(Input):
    """What a draw is asked for; sizes below the law's are refused."""

    size: int = Field(ge=1, le=15, description="小组总人数，单数 / members in all, odd")
    representatives: list[RepresentativeIn] = Field(
        default_factory=list, max_length=4, description="采购人代表 / who sits for the buyer"
    )
    is_complex: bool = Field(False, description="技术复杂或社会影响较大 / large panel needed")


class RecusalIn(Input):
    """A conflict that a drawn expert declares."""

    kind: RelationKind
    organisation_id: UUID | None = None
    statement: str = Field(min_length=2, max_length=500)


class AbsenceIn(Input):
    """A member who does not come: the next in the order takes a seat."""

    place: int = Field(ge=1, le=99, description="席位序号 / number of the seat")
    reason: str = Field(min_length=4, max_length=500)


class Seat(Model):
    """One seat: an expert by the pool's id, or a representative of the buyer."""

    place: int
    expert_id: UUID | None
    is_expert: bool
    status: SeatStatus
    reason: str | None


class LeftOut(Model):
    """An expert who was not in the draw or was passed over, and why."""

    expert_id: UUID
    reason: RelationKind | Literal["departed"] = Field(
        description="利害关系，或已退出专家库 / the relation, or departed: has left the pool"
    )
    organisation_id: UUID | None


class EmptySeat(Model):
    """A seat that was left, and that nobody in the order nor in the pool can take now."""

    place: int = Field(description="离席的席位 / the seat that was left")
    left_for: str | None = Field(description="离席理由 / why it was left")


class Supplement(Model):
    """A later draw from the experts who joined the pool, after the first order was used up."""

    seed: str = Field(
        description="由首次种子和次序号得出 / digest of the first seed and the number"
    )
    pool: list[UUID]
    left_out: list[LeftOut]
    order: list[UUID]
    drawn_at: Instant


class Panel(Model):
    """A panel with all that is needed to draw it again: seed, pool, order."""

    tender_id: UUID
    round: int
    commitment: str
    seed: str = Field(description="种子：采购人承诺值与各投标人密钥的摘要 / digest of all parts")
    service_seed: str = Field(description="公告时承诺的部分 / the part committed in the notice")
    pool: list[UUID] = Field(description="参与抽取的专家，按标识排序 / in the draw, by id")
    left_out: list[LeftOut]
    order: list[UUID] = Field(description="抽取次序 / the order that the seed gives")
    supplements: list[Supplement] = Field(description="补抽 / later draws, as they came")
    drawn_at: Instant
    size: int
    seats: list[Seat]
    empty_seats: list[EmptySeat] = Field(
        description="次序用尽而仍空缺的席位；未能补抽者及理由见 left_out，专家入库后可再补抽"
        " / still empty, the order used up; left_out tells who could not be drawn and why; draw"
        " again when experts have joined the pool"
    )


class SheetLine(Input):
    """What a member measured of one bid by one criterion; points follow from the bands."""

    bid_id: UUID
    criterion: int = Field(ge=1, le=60)
    measured: Measure


class SheetIn(Input):
    """A member's sheet 评分表: every valid bid by every quality criterion."""

    lines: list[SheetLine] = Field(min_length=1, max_length=3000)


class RankedBid(Model):
    """How a bid came out."""

    bid_id: UUID
    bidder_id: UUID
    price_fen: Fen
    evaluated_price_fen: Fen = Field(description="政策扣除后的评审价 / price after deduction")
    quality_points: Exact
    price_points: Exact
    total_points: Exact
    rank: int
    is_shortlisted: bool = Field(description="入围或推荐 / recommended or shortlisted")


class Report(Model):
    """The evaluation report 评审报告."""

    tender_id: UUID
    round: int
    made_at: Instant
    decision_due_on: date
    tie_rule: str | None = Field(description="用以分出并列的规则 / rule that broke a tie")
    rules: list[str] = Field(description="适用的规则 / rules applied")
    ranking: list[RankedBid]


class AwardIn(Input):
    """The buyer's decision. Passing over the first needs the public ground of the law."""

    declined_supplier_ids: list[UUID] = Field(
        default_factory=list,
        max_length=10,
        description="成交后放弃的，或已被禁入、注销而不能成交的候选人"
        " / who declined an award, or may not supply any more",
    )
    reason: str | None = Field(None, min_length=10, max_length=1000)


class FailureIn(Input):
    """Everybody who could have the award has declined; the reason is public."""

    declined_supplier_ids: list[UUID] = Field(
        min_length=1, max_length=100, description="放弃或不能履约的候选人 / who declined"
    )
    reason: str = Field(min_length=10, max_length=1000)


class Award(Model):
    """A decision for one supplier. Contracts rest on it while it is active."""

    id: UUID
    tender_id: UUID
    round: int
    supplier_id: UUID
    bid_id: UUID | None
    rank: int
    value_fen: Fen
    status: AwardStatus
    is_shared: bool = Field(description="框架入围 / one of several in a framework")
    reason: str | None
    decided_at: Instant
    announce_due_on: date
    announced_at: Instant | None
    sign_due_on: date | None
    cancelled_at: Instant | None
    cancel_reason: str | None
    rules: list[str]
    version: int


class DirectAwardIn(Input):
    """An award without competition that the law allows: single source, direct call-off."""

    supplier_id: UUID
    value_fen: int = Field(gt=0, le=10**13)
    reason: Words


class Scored(Model):
    """A member's sheet as it was taken."""

    place: int
    lines: int
    submitted_at: Instant


class CallOffIn(Input):
    """A contract to be placed under a framework."""

    title: str = Field(min_length=2, max_length=200)
    description: Words
    second_stage: SecondStage
    buyer_id: UUID
    area_code: AreaCode
    value_fen: int = Field(gt=0, le=10**13, description="预算，分 / budget, in fen")
    supplier_id: UUID | None = Field(
        None, description="直接选定、轮候、服务对象选择时填；二次竞价不填"
    )
    reason: str | None = Field(None, min_length=10, max_length=1000)


class AdmissionIn(Input):
    """A supplier who joins an open framework, at the agreed price."""

    supplier_id: UUID
    value_fen: int = Field(gt=0, le=10**13)


class RemovalIn(Input):
    """Why a supplier leaves a framework; it may not join again."""

    supplier_id: UUID
    reason: str = Field(min_length=10, max_length=1000)
