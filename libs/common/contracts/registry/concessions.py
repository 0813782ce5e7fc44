"""Words of concessions 经营授权: who may run a business in a space, and what is promised for it.

Subsidies are grants of funds (`registry.funds`) that name the concession; there is no ledger beside
theirs. Figures on fewer than ten visits are not told.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.contracts.base import Fen, Input, Instant, Model
from common.contracts.registry.venues import ExternalCode
from common.contracts.shapes import AreaCode, DictionaryCode, SuppressedCount


class SpaceUse(StrEnum):
    """On what terms a space is used."""

    PUBLIC = "public"  # 公益
    LOW_FEE = "low_fee"  # 低偿
    MARKET = "market"  # 市场


class ConcessionStatus(StrEnum):
    """The life of a concession."""

    DRAFT = "draft"  # 拟订
    GRANTED = "granted"  # 已授权
    ENDED = "ended"  # 已终止
    WITHDRAWN = "withdrawn"  # 已撤回，未曾授权


Unit = Annotated[str, Field(min_length=1, max_length=20)]
Price = Annotated[int, Field(ge=0, le=10**9, description="价格，单位：分 / price in fen")]
Size = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False, description="平方米 / m²")]
Document = Annotated[str, Field(min_length=1, max_length=100)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]


class Concession(Model):
    """A concession, also its state in the feed: what is run where, at most at which price, when."""

    id: UUID
    code: str | None
    venue_id: UUID
    space_id: UUID | None = Field(description="空间，null 为载体的一部分 / null: part of the venue")
    operator_id: UUID = Field(description="经营单位 / who runs it")
    use: SpaceUse = Field(description="公益、低偿、市场 / on what terms")
    category: str = Field(description="服务类别 / service_category")
    area_code: str
    floor_area_m2: float = Field(description="面积，平方米 / m²")
    price_ceiling_fen: Fen = Field(description="承诺的最高价，分 / price promised as the highest")
    reference_price_fen: Fen = Field(description="同类市场参考价，分 / what the market asks")
    price_basis: str = Field(description="参考价依据 / what the reference price rests on")
    price_unit: str = Field(description="计价单位 / unit of the price")
    document_number: str | None = Field(description="授权文号 / document that grants it")
    valid_from: date
    valid_to: date = Field(description="终止日期，不含当日 / first day after it")
    status: ConcessionStatus
    granted_at: Instant | None = Field(description="授权时间 / when it was granted")
    end_reason: str | None = Field(description="终止或撤回原因 / why it ended or was withdrawn")
    version: int
    updated_at: Instant


class ConcessionIn(Input):
    """A new concession of a space, or of a part of a venue."""

    code: ExternalCode | None = None
    venue_id: UUID
    space_id: UUID | None = None
    operator_id: UUID
    use: SpaceUse
    category: DictionaryCode
    floor_area_m2: Size
    price_ceiling_fen: Price
    reference_price_fen: Price
    price_basis: Reason
    price_unit: Unit
    document_number: Document | None = None
    valid_from: date
    valid_to: date


class ConcessionMove(Input):
    """Grant a draft or withdraw it, or end a concession; why is said of both ends."""

    status: ConcessionStatus
    reason: Reason | None = None


class ConcessionAccount(Model):
    """What a concession costs the public and saves the residents, over some months."""

    concession_id: UUID
    month_from: date
    month_to: date = Field(description="末月，含 / last month, inclusive")
    visits: SuppressedCount
    average_price_fen: int | None = Field(description="实收均价 / what was paid on average")
    is_promise_kept: bool | None = Field(description="均价不高于承诺 / average within the promise")
    subsidy_fen: Fen = Field(description="已付补贴，扣除退款 / subsidies paid, refunds taken off")
    saved_fen: int | None = Field(description="居民节省 / what residents saved against the market")
    saving_per_yuan: float | None = Field(description="每元补贴节省 / saved per yuan of subsidy")


class VenueMonth(Model):
    """What a venue, or a concession in it, did in one month."""

    venue_id: UUID
    concession_id: UUID | None
    month: date = Field(description="当月一日 / first day of the month")
    visits: int = Field(description="人次 / visits")
    services: int = Field(description="服务场次或件数 / services given")
    income_fen: Fen = Field(description="收费，分 / fees taken")
    cost_fen: Fen = Field(
        description="运行成本，分；不含资金台账已付的 / running cost beside what funds paid"
    )
    updated_at: Instant
    updated_by: str


class VenueMonthIn(Input):
    """The figures of one month; written again, they replace what stood."""

    venue_id: UUID
    concession_id: UUID | None = None
    month: date
    visits: int = Field(ge=0, le=10**7)
    services: int = Field(ge=0, le=10**7)
    income_fen: int = Field(0, ge=0, le=10**15)
    cost_fen: int = Field(0, ge=0, le=10**15)


class PeerFigure(Model):
    """One figure of a venue beside the middle of its peers."""

    value: float | None
    peer_median: float | None
    ratio: float | None = Field(description="与中位数之比 / value over median")


class CostAndUse(Model):
    """Cost and use of one venue side by side, against venues of its kind."""

    venue_id: UUID
    name: str
    kind: str
    area_code: AreaCode
    floor_area_m2: float | None
    visits: SuppressedCount
    services: SuppressedCount
    cost_fen: Fen
    cost_per_service_fen: PeerFigure
    cost_per_m2_fen: PeerFigure
    visits_per_yuan: PeerFigure
    peers: int = Field(description="同类载体数（含本载体） / venues compared, itself included")
    peers_in: str = Field(description="比较范围：区或市的有效位 / where the peers are")
