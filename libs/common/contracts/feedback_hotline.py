"""Words of the exchange with the 12345 hotline: an order there, a case here, one clock."""

from datetime import datetime

from pydantic import AwareDatetime, Field

from common.contracts.base import Input, Model
from common.contracts.feedback import Case, CaseKind
from common.contracts.feedback_cases import CallBack, CaseContact, JoinedCase, Words
from common.contracts.shapes import AreaCode, DictionaryCode


class HotlineOrderIn(Input):
    """An order as the hotline has it; sending it again changes what has changed."""

    kind: CaseKind
    category: DictionaryCode
    words: Words
    area_code: AreaCode
    lon: float | None = Field(None, allow_inf_nan=False)
    lat: float | None = Field(None, allow_inf_nan=False)
    contact: CaseContact | None = None
    received_at: AwareDatetime = Field(description="热线受理时间 / when the hotline received it")
    due_at: AwareDatetime | None = Field(
        None, description="热线办结期限；有则以此为准 / its deadline, which then counts"
    )
    case_number: str | None = Field(
        None, max_length=40, description="本平台已有的工单 / the case that it is here already"
    )


class HotlineCallBack(CallBack):
    """What the resident told the hotline, of which answer."""

    answered_at: AwareDatetime | None = Field(
        None,
        description="所回访的答复，取自工单的 answered_at；其后已重开的不再变动，可放心重发"
        " / the answer that was judged, as the order tells it: told again once the case was"
        " reopened since, it changes nothing",
    )


class HotlineOrder(Model):
    """What the hotline learns of its order."""

    hotline_number: str
    case: Case
    responsible_body: str | None
    joined: JoinedCase | None = Field(
        description="并入的工单，答复取其答复 / the case that goes on for it and gives the answer"
    )
    answer: str | None = Field(description="最近一次答复 / what the body answered last")
    answered_at: datetime | None
