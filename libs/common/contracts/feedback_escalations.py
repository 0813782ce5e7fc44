"""Words of late steps that are told upwards 逾期上报: first contacts, bad ratings, supervisions."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from common.contracts.base import Instant, Model
from common.contracts.shapes import AreaCode


class LateStep(StrEnum):
    """What was to be done by then and was not."""

    CONTACT = "contact"  # 先行联系（工单）
    VERIFY = "verify"  # 差评核实
    RECTIFY = "rectify"  # 差评整改
    CALL_BACK = "call_back"  # 差评回访
    REVIEW = "review"  # 差评复核
    ANSWER = "answer"  # 督办答复


class Escalation(Model):
    """A late step that was told one level up, once."""

    id: UUID
    record_id: UUID = Field(
        description="contact 为工单，verify、rectify、call_back、review 为评价，answer 为督办 / "
        "a case, a rating, or a supervision"
    )
    step: LateStep
    level: int = Field(description="1 街镇负责人，2 区，3 市 / 1 street, 2 district, 3 city")
    area_code: AreaCode
    due_at: Instant
    at: Instant
    is_open: bool = Field(description="至今未办 / not done to this day")
