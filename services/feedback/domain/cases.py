"""The life of a case: its steps, what each needs, when its clock runs.

Pure. *Fixed* is what the body says; *confirmed* is what the resident says; neither stands for the
other. Who answers first stays responsible until another body is named (首接负责).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from common.clock import city_day
from common.codes import Division, WrongDivisionCode
from common.contracts.feedback import CaseKind, CaseStatus
from common.contracts.feedback_cases import HandOver
from common.errors import Conflict, FieldError, Forbidden, Invalid, Text
from common.geo import SENTENCES, Point, System, doubt_about, to_wgs84

S = CaseStatus
_ANY_END: Final = frozenset({S.HANDED_OVER, S.DUPLICATE, S.WITHDRAWN})
REPLIES: Final = frozenset({S.ANSWERED, S.FIXED})
STEPS: Final = {
    S.RECEIVED: frozenset({S.ACCEPTED}) | REPLIES | _ANY_END,
    S.ACCEPTED: frozenset({S.IN_PROGRESS, S.PAUSED}) | REPLIES | _ANY_END,
    S.IN_PROGRESS: frozenset({S.PAUSED}) | REPLIES | _ANY_END,
    S.PAUSED: frozenset({S.IN_PROGRESS}) | _ANY_END,
    S.ANSWERED: frozenset({S.FIXED, S.CONFIRMED, S.REOPENED, S.DUPLICATE, S.HANDED_OVER}),
    S.FIXED: frozenset({S.CONFIRMED, S.REOPENED, S.DUPLICATE, S.HANDED_OVER}),
    S.REOPENED: frozenset({S.IN_PROGRESS, S.PAUSED}) | REPLIES | _ANY_END,
    S.HANDED_OVER: frozenset({S.REOPENED}),
    S.DUPLICATE: frozenset({S.REOPENED}),
}
RUNNING: Final = frozenset({S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS, S.REOPENED})
UNDER_WAY: Final = RUNNING | {S.PAUSED}
ENDED: Final = frozenset({S.CONFIRMED}) | _ANY_END
STAMPS: Final = {
    S.ACCEPTED: "accepted_at",
    S.PAUSED: "paused_at",
    S.ANSWERED: "answered_at",
    S.FIXED: "fixed_at",
    S.CONFIRMED: "confirmed_at",
    S.REOPENED: "reopened_at",
    S.HANDED_OVER: "handed_over_at",
    S.WITHDRAWN: "withdrawn_at",
}
_OF_THE_ROUND: Final = (
    *("answered_at", "fixed_at", "is_upheld", "confirmed_at"),
    *("duplicate_of_id", "handed_over_to", "handed_over_at"),
)
_PLACES: Final = frozenset({9, 12})  # a town or a neighbourhood
_WAITING: Final = frozenset({2, 6})  # the city or a district, where a desk places it
_CITY: Final = "31"
_UNKNOWN: Final = {
    "category": Text(
        "没有此诉求类别，或已停用；见字典 service_category",
        "no such category, or not in use any more; see dictionary service_category",
    ),
    "area_code": Text(
        "没有此居村或街镇；见区划名录", "no such neighbourhood or town; see the list of areas"
    ),
    "venue_id": Text("没有此载体；见载体名录", "no such venue; see the list of venues"),
}


class CaseCannotMove(Conflict):
    """The step does not follow from where the case is."""

    slug = "case-cannot-move"
    title = Text("工单状态不允许", "The case cannot move there")
    detail = Text(
        "工单当前为 {current}，不能转为 {wanted}；可转为：{allowed}。",
        "The case is {current} and cannot become {wanted}; it can become: {allowed}.",
    )


class EndedUnheard(Conflict):
    """What nobody judged has ended: a body that went on would put that end off for ever."""

    slug = "ended-unheard"
    title = Text("工单已归档", "The case has ended")
    detail = Text(
        "工单为 {status}，居民久未表态，已于 {day} 归档；居民重开后方可再办理。",
        "The case is {status} and ended on {day}, as nobody had judged its answer: once its"
        " resident reopens it, it is handled again.",
    )


class WrongCase(Invalid):
    """What was sent cannot be a case, or a step of one; `errors` says where and why."""

    slug = "wrong-case-file"
    title = Text("诉求内容有误", "Wrong case")


class ConfirmedByItself(Conflict):
    """Whoever answered a case does not call the resident back about it."""

    slug = "confirmed-by-itself"
    title = Text("不能自办自核", "Nobody confirms their own answer")
    detail = Text(
        "本工单由您答复，须由他人回访。",
        "You answered this case: somebody else calls the resident back.",
    )


class NotByTheBody(Forbidden):
    """Whoever answers for a case neither sends it away nor says what the resident thinks of it."""

    slug = "not-by-the-body"
    title = Text("责任单位不得自行办理此步", "Not by the body itself")
    detail = Text(
        "移交与回访由属地、条线的工作人员办理，责任单位 {body} 不得自行办理。",
        "Staff of the area and line hand over and call back, never the body {body} itself.",
    )


class HandOverNeedsOffice(Forbidden):
    """A desk hands over what was recognised; whatever else goes, an office decides."""

    slug = "hand-over-needs-office"
    title = Text("移交须由上级决定", "An office decides this hand-over")
    detail = Text(
        "工单识别的渠道为 {recognised}，移交 {channel} 须由街镇负责人或区、市级决定。",
        "The case was recognised as {recognised}: that it goes to {channel} is decided by the "
        "street's head, the district or the city.",
    )


class NotHandedOver(Conflict):
    """Only what was handed over is taken back."""

    slug = "not-handed-over"
    title = Text("工单未移交", "The case is not handed over")
    detail = Text(
        "工单当前为 {current}，仅已移交的可以收回。",
        "The case is {current}: only one that is handed over can be taken back.",
    )


def check_step(current: CaseStatus, wanted: CaseStatus) -> None:
    """Raises `CaseCannotMove` unless the step follows."""
    allowed = STEPS.get(current, frozenset())
    if wanted not in allowed:
        told = ", ".join(sorted(allowed)) or "-"
        raise CaseCannotMove(current=current, wanted=wanted, allowed=told)


def check_not_ended(status: CaseStatus, closed_at: datetime | None) -> None:
    """Raises `EndedUnheard` once an answer that nobody judged has ended a case."""
    if status in REPLIES and closed_at is not None:
        raise EndedUnheard(status=status, day=city_day(closed_at))


def check_reply(
    kind: CaseKind, wanted: CaseStatus, words: str | None, *, is_upheld: bool | None
) -> None:
    """An answer has words; the end of a complaint says whether it stands, nothing else does."""
    if wanted in REPLIES and not words:
        raise wrong("/words", words, "答复、办结须说明", "answered and fixed need words")
    judges = kind is CaseKind.COMPLAINT and wanted is S.FIXED
    if judges and is_upheld is None:
        raise wrong("/is_upheld", None, "办结投诉须说明是否属实", "say whether it stands")
    if is_upheld is not None and kind is not CaseKind.COMPLAINT:
        raise wrong("/is_upheld", is_upheld, "仅投诉填写", "of a complaint only")


def check_verdict(wanted: CaseStatus, words: str | None) -> None:
    """Who does not accept an outcome says why."""
    if wanted is S.REOPENED and not words:
        raise wrong("/words", words, "不认可须说明原因", "say why it is not accepted")


def check_call_back(
    *, is_reached: bool, is_satisfied: bool | None, words: str | None
) -> CaseStatus | None:
    """Where a call-back leads: confirmed, reopened, or nowhere when nobody was reached."""
    if is_reached != (is_satisfied is not None):
        raise wrong("/is_satisfied", is_satisfied, "联系上时填写，且仅此时", "when reached, only")
    if not is_reached:
        return None
    wanted = S.CONFIRMED if is_satisfied else S.REOPENED
    check_verdict(wanted, words)
    return wanted


def is_reopened_since(answered_at: datetime | None, reopened_at: datetime | None) -> bool:
    """Whether an answer is that of an earlier round; one that nobody names is the present one."""
    return answered_at is not None and reopened_at is not None and answered_at <= reopened_at


def check_hand_over(recognised: str | None, channel: HandOver, *, by_office: bool) -> None:
    """Raises `HandOverNeedsOffice` unless it goes where it was recognised to belong."""
    if recognised != channel and not by_office:
        raise HandOverNeedsOffice(recognised=recognised or "-", channel=channel)


class CasePlaced(Conflict):
    """Where a case happened is known already."""

    slug = "case-placed"
    title = Text("事发地已明确", "The place is known")
    detail = Text(
        "工单事发地已为 {area}；只有未能定位的工单可以补充事发地，改派请用 /body。",
        "The case lies in {area} already. Only what could not be placed is; to name another body"
        " use /body.",
    )


def is_placed(area_code: str) -> bool:
    """Whether an area is a neighbourhood or a town, and not only where somebody must look."""
    return _depth(area_code) in _PLACES


def _depth(area_code: str) -> int:
    try:
        return len(Division.parse(area_code).short)
    except WrongDivisionCode:
        return 0


def check_placement(present: str, wanted: str) -> None:
    """A case is placed once, within the district or city where it waited. Raises `CasePlaced`."""
    if is_placed(present):
        raise CasePlaced(area=present)
    check_place(wanted)
    if not wanted.startswith(within := Division.parse(present).short):
        told = (f"应在 {within} 范围内", f"within {within}")
        raise wrong("/area_code", wanted, *told)


def check_place(area_code: str) -> None:
    """A case happens in a neighbourhood, or in a town when no more is known."""
    if not is_placed(area_code):
        raise wrong("/area_code", area_code, "应为居村或街镇代码", "a neighbourhood or a town")
    if not area_code.startswith(_CITY):
        raise wrong(
            "/area_code", area_code, "不在本市，应为本市居村或街镇代码", "not a place of this city"
        )


def check_unplaced(area_code: str) -> None:
    """A case whose address nobody could place waits in its district, or in the city."""
    if _depth(area_code) not in _WAITING or not area_code.startswith(_CITY):
        check_place(area_code)


def check_known(unknown: Mapping[str, object]) -> None:
    """Raises `WrongCase` for what a case names and nobody knows, all of it at once."""
    if unknown:
        raise WrongCase(
            errors=[
                FieldError(f"/{name}", str(value), _UNKNOWN[name])
                for name, value in unknown.items()
            ]
        )


def point(lon: float | None, lat: float | None, system: System) -> Point | None:
    """The place in WGS-84; None when none is given. Raises `WrongCase`."""
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        raise wrong("/lon", lon, "经度与纬度须同时填写", "longitude and latitude go together")
    there = to_wgs84(lon, lat, system)
    if doubt := doubt_about(*there):
        raise WrongCase(errors=[FieldError("/lon", lon, SENTENCES[doubt])])
    return there


def stamps(current: CaseStatus, wanted: CaseStatus, now: datetime) -> dict[str, object]:
    """What a step writes beside the status: its time, the first contact, the end, a pause over.

    A resident's verdict of the last round does not outlive a new round; nor does what the body
    said of it, or that the case was handed over or merged. Whether what is handed over stands,
    others judge: what was said of it here goes.
    """
    values: dict[str, object] = {
        "status": wanted,
        "closed_at": now if wanted in ENDED else None,
    }
    if wanted in STAMPS:
        values[STAMPS[wanted]] = now
    if current is S.PAUSED:
        values["paused_at"] = None
    if wanted is S.REOPENED:
        values |= dict.fromkeys(_OF_THE_ROUND)
    if wanted is S.HANDED_OVER:
        values["is_upheld"] = None
    if wanted not in RUNNING:
        values["escalates_at"] = None
    return values


def first_answer(answered_at: datetime | None, due_at: datetime) -> dict[str, object]:
    """What is kept for ever of the first answer: its time, and whether the clock had not run out.

    A second handling has another clock; how the first was kept is not undone by it.
    """
    is_in_time = None if answered_at is None else answered_at < due_at
    return {"first_answered_at": answered_at, "is_answered_in_time": is_in_time}


def wrong(pointer: str, value: object, zh: str, en: str) -> WrongCase:
    """The refusal of one field."""
    return WrongCase(errors=[FieldError(pointer, value, Text(zh, en))])
