"""Records in the form of the national hand-over: 办件, and 好差评. No person is in them.

Source: field names of published tables of the national hand-over (`up_pro_accept`) and of a
provincial evaluation interface (reference china 1.3, 1.4). The official code lists were not found,
so words go with every state and grade, and times are `yyyy-MM-dd HH:mm:ss`, Asia/Shanghai.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.clock import CITY_ZONE
from common.codes.item import CATALOG_CODE_LENGTH, TASK_CODE_LENGTH
from common.contracts.base import Model
from common.contracts.shapes import AreaCode, DictionaryCode, Level

_AT = "yyyy-MM-dd HH:mm:ss，北京时间"


class MatterState(StrEnum):
    """How far a matter is, in words that every portal has."""

    APPLIED = "applied"  # 申请
    ACCEPTED = "accepted"  # 受理
    IN_PROGRESS = "in_progress"  # 办理中
    FINISHED = "finished"  # 办结
    REFUSED = "refused"  # 不予受理
    WITHDRAWN = "withdrawn"  # 撤回
    TRANSFERRED = "transferred"  # 移交


STATE_LABELS = {
    MatterState.APPLIED: "申请",
    MatterState.ACCEPTED: "受理",
    MatterState.IN_PROGRESS: "办理中",
    MatterState.FINISHED: "办结",
    MatterState.REFUSED: "不予受理",
    MatterState.WITHDRAWN: "撤回",
    MatterState.TRANSFERRED: "移交",
}


class Matter(Model):
    """办件: a referral or a case as a portal lists what it handles."""

    id: UUID
    project_no: str = Field(description="办件编号 / number", max_length=50)
    project_name: str = Field(description="办件名称 / what it is about", max_length=1000)
    service_name: str | None = Field(description="服务名称 / name of the service")
    catalog_code: str | None = Field(
        max_length=CATALOG_CODE_LENGTH,
        description="服务所载基本编码，未赋码为 null / basic code that the service bears, if any",
    )
    task_code: str | None = Field(
        max_length=TASK_CODE_LENGTH,
        description="服务所载实施编码，未赋码为 null / implementation code, likewise",
    )
    org_code: str | None = Field(description="办理单位信用代码 / its code", max_length=18)
    org_name: str | None = Field(description="办理单位名称 / its name")
    category: DictionaryCode
    area_code: AreaCode
    apply_date: str = Field(description=f"申请时间，{_AT} / when applied for")
    accept_date: str | None = Field(description=f"受理时间，{_AT} / when accepted")
    promise_date: str | None = Field(description=f"承诺办结时间，{_AT} / when it is due")
    finish_date: str | None = Field(description=f"办结时间，{_AT} / when it ended")
    state: MatterState = Field(description="办理状态 / how far it is")
    state_label: str = Field(description="办理状态名称 / the state in words")
    result: str | None = Field(description="办理结果，未办结为 null / how it ended")


class Evaluation(Model):
    """好差评: one rating, without its rater and without the matter that it judges."""

    id: UUID
    service_name: str | None = Field(description="服务名称 / name of the service")
    org_code: str | None = Field(description="被评单位信用代码 / its code", max_length=18)
    org_name: str | None = Field(description="被评单位名称 / its name")
    category: DictionaryCode
    area_code: AreaCode
    region_code: str = Field(description="区县代码，6 位加 000000 / district", max_length=12)
    satisfaction: Level
    satisfaction_label: str = Field(description="非常满意 … 非常不满意 / grade in words")
    is_bad: bool = Field(description="差评：不满意、非常不满意 / one of the two lowest grades")
    evaluate_channel: str = Field(description="评价渠道 / channel")
    evaluate_date: str = Field(description="评价日期 yyyy-MM-dd / day of the rating")
    indicators: list[str] = Field(description="所选指标选项 / codes of chosen options")
    verify_date: str | None = Field(description=f"差评核实时间，{_AT} / when verified")
    rectify_date: str | None = Field(description=f"整改时间，{_AT} / when put right")
    call_back_date: str | None = Field(description=f"回访时间，{_AT} / when called back")
    is_counted: bool = Field(description="是否计入统计 / whether it counts")


def written(at: datetime | None) -> str | None:
    """An instant as the hand-over writes it."""
    return None if at is None else at.astimezone(CITY_ZONE).strftime("%Y-%m-%d %H:%M:%S")
