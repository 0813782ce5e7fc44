"""Words of citywide allocation 统筹分配 as the offices see them that run it.

What everybody learns of a committed run is `common.contracts.matching.AllocationRun`.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.contracts.base import Input, Instant, Model
from common.contracts.matching import UnmetReason
from common.contracts.shapes import DictionaryCode
from common.errors import Text


class RunStatus(StrEnum):
    """How far a run has come."""

    QUEUED = "queued"  # 排队中
    RUNNING = "running"  # 计算中
    DRAFTED = "drafted"  # 已成草案，名额已占
    COMMITTED = "committed"  # 已提交
    CANCELLED = "cancelled"  # 已取消
    FAILED = "failed"  # 失败


class RunStage(StrEnum):
    """What a run is doing."""

    READING = "reading"  # 读取
    PAIRING = "pairing"  # 找候选
    SOLVING = "solving"  # 求解
    STORING = "storing"  # 存草案
    DONE = "done"


class Lapse(StrEnum):
    """Why a draft's choice is not made a referral when the draft is committed."""

    NOT_OPEN = "not_open"  # 需求已不再待满足
    REFERRED = "referred"  # 已有进行中的转介
    OFFERING_CLOSED = "offering_closed"  # 服务已停止开放
    NO_PROVIDER = "no_provider"  # 服务已无承接机构
    COUNTED_BY_SESSION = "counted_by_session"  # 名额改按场次计，须另选场次
    SHUT_THAT_DAY = "shut_that_day"  # 服务或其载体当日不开放
    OVER_BUDGET = "over_budget"  # 价格已超过上限
    NOT_ELIGIBLE = "not_eligible"  # 已不符合准入条件
    AGREEMENT_NEEDED = "agreement_needed"  # 资金不能跨区，须有协议


Percent = Annotated[int, Field(ge=0, le=99)]
Metres = Annotated[int, Field(ge=0, le=1_000_000)]


class OnlyOnTrial(ValueError):
    """A past period, or a rule set aside, in a run that would bind people."""

    text = Text(
        "重演过去时期、改变步行上限、资金或紧急层级，只能试算",
        "a past period, another reach, other funds or no tiers: in a dry run only",
    )

    def __init__(self) -> None:
        super().__init__(self.text.en)


class RunIn(Input):
    """A run over the open needs of an area and the places of a day; rules fill what is absent.

    With `replay_from_on` it is a replay 政策推演: the needs raised from that day to `session_on`,
    however they ended, and all places of these days, under the policy that the run names.
    """

    area: str = Field(
        pattern=r"^([0-9]{2}|[0-9]{6}|[0-9]{9})$", description="市、区或街镇的前缀 / prefix"
    )
    session_on: date = Field(description="名额所属日期 / day of the places")
    seed: str = Field(
        min_length=8, max_length=200, description="事先公布的排序种子 / seed, published beforehand"
    )
    dry_run: bool = Field(False, description="只试算，不占名额 / hold nothing")
    candidates: int | None = Field(None, ge=60, le=500)
    fairness_shares: list[Percent] | None = Field(None, min_length=1, max_length=5)
    fairness_steps: list[Metres] | None = Field(None, min_length=1, max_length=5)
    replay_from_on: date | None = Field(
        None, description="重演的首日，末日为 session_on，至多 31 天 / first day of a replay"
    )
    reach_minutes: int | None = Field(
        None, ge=5, le=600, description="试算：最远步行分钟 / on trial: farthest walk"
    )
    bound_funding: list[DictionaryCode] | None = Field(
        None, max_length=20, description="试算：限本辖区使用的资金 / on trial: funds that bind"
    )
    is_tiered: bool | None = Field(
        None, description="试算：false 则不分紧急层级 / on trial: false ignores urgency"
    )

    @model_validator(mode="after")
    def _bold_only_on_trial(self) -> Self:
        tried = (self.replay_from_on, self.reach_minutes, self.bound_funding, self.is_tiered)
        if not self.dry_run and any(each is not None for each in tried):
            raise OnlyOnTrial
        return self


class Policy(Model):
    """What a run weighs."""

    candidates: int
    fairness_shares: list[int]
    fairness_steps: list[int]
    reach_minutes: int
    detour: float
    speed_kmh: float
    bound_funding: list[str] = Field(description="限本辖区使用的资金 / funds that bind")
    free_funding: list[str] | None = Field(
        description="不限区的资金，其余皆限；null 为只限 bound_funding / funds that know no "
        "district, all others bind; null: only bound_funding does"
    )
    wish_m: int = Field(
        description="非所希望的服务方式另计的米数 / metres for a channel that was not wished"
    )
    unverified_m: int = Field(
        description="尚待核实的去处另计的米数 / metres that count where something is to be verified"
    )
    is_tiered: bool = Field(description="false 为不分紧急层级 / false: urgency was set aside")


class ReasonCount(Model):
    """How many stay unserved for a reason."""

    reason: UnmetReason
    needs: int


class LapseCount(Model):
    """How many choices of a draft lapsed for a reason."""

    lapse: Lapse
    needs: int


class Run(Model):
    """A run as the office sees it."""

    id: UUID
    area: str
    session_on: date
    replay_from_on: date | None = Field(description="重演的首日 / first day of a replay")
    seed: str
    dry_run: bool
    policy: Policy
    status: RunStatus
    stage: RunStage | None
    done: float = Field(ge=0, le=1, description="进度 0–1 / share of the work that is done")
    needs: int | None
    places: int | None
    served_by_tier: list[int] | None
    unserved: list[ReasonCount] | None
    lapsed: int | None = Field(
        description="提交时未能转介的人数 / choices that could not be made referrals at the commit"
    )
    lapsed_by: list[LapseCount] | None = Field(
        description="其原因与人数；null 为未提交，或由此前版本提交 / why, and how many; null: not "
        "committed, or by a release that did not tell"
    )
    objective: int | None
    inputs_sm3: str | None
    certificate_sm3: str | None
    fault: str | None = Field(description="失败原因 / why it failed")
    asked_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    committed_at: Instant | None
    version: int


class Choice(Model):
    """What a run decided for one need."""

    need_id: UUID
    offering_id: UUID | None
    walking_m: int | None
    reason: UnmetReason | None
    rule: str | None = Field(
        description="not_eligible 时最常缺的条件；得到服务时尚待核实的条件"
        " / what is lacking most often; for who is served, what is to be verified"
    )
    competition: int | None = Field(
        description="争用组：同组需求争同一批名额 / needs that competed for the same places"
    )
    lapse: Lapse | None = Field(
        description="提交时何以未能转介 / why the commit made no referral of it"
    )


class Price(Model):
    """What one more place at an offering would have brought in a run: its price of scarcity."""

    offering_id: UUID
    minutes: float = Field(
        description="多一个名额可节省的步行分钟，以最长步行为限 / minutes on foot that it saves"
    )
    serves_one_more: bool = Field(
        description="多一个名额即多服务一人 / one more place serves one more person"
    )


class Check(Model):
    """Whether the certificate of a run proves it optimal."""

    holds: bool
    fault: str | None
    row: int | None
    inputs_sm3: str
    certificate_sm3: str


class RunProgress(Model):
    """How far a run is, as its event stream tells it."""

    status: RunStatus
    stage: RunStage | None
    done: float = Field(ge=0, le=1, description="进度 0–1 / share of the work that is done")
    fault: str | None


class Change(Model):
    """What a second run does otherwise for some needs."""

    needs: int
    first: int = Field(description="第一次得到服务 / served by the first")
    second: int = Field(description="第二次得到服务 / served by the second")
    gained: int = Field(description="仅第二次得到服务 / served by the second only")
    lost: int = Field(description="仅第一次得到服务 / served by the first only")


class Comparison(Model):
    """Two runs over the same area and days: what the second does otherwise, and for whom."""

    first_id: UUID
    second_id: UUID
    served_by_tier: list[list[int]]
    gained: int = Field(description="仅第二次得到服务 / served by the second only")
    lost: int = Field(description="仅第一次得到服务 / served by the first only")
    moved: int = Field(description="两次都得到服务但去处不同 / served elsewhere")
    streets: dict[str, int] = Field(description="各街镇服务人数之差 / difference by street")
    tiers: dict[str, Change] = Field(description="按登记的紧急层级 / by urgency as recorded")
    groups: dict[str, Change] = Field(
        description="按人群，一人可属多群；画像已清除的归 unknown / by group; erased: unknown"
    )
