"""A case as a matter 办件, a rating as an evaluation 好差评. Pure; no person is told."""

from collections.abc import Mapping
from typing import Any, Final

from common.contracts.feedback import Case, CaseKind, CaseStatus, Rating, RatingChannel
from common.contracts.handover import STATE_LABELS, Evaluation, Matter, MatterState, written
from feedback.domain.cases import REPLIES
from feedback.domain.scores import SATISFIED_FROM

S, M = CaseStatus, MatterState
STATES: Final[Mapping[CaseStatus, MatterState]] = {
    S.RECEIVED: M.APPLIED,
    S.ACCEPTED: M.ACCEPTED,
    S.IN_PROGRESS: M.IN_PROGRESS,
    S.PAUSED: M.IN_PROGRESS,
    S.ANSWERED: M.IN_PROGRESS,
    S.FIXED: M.IN_PROGRESS,
    S.CONFIRMED: M.FINISHED,
    S.REOPENED: M.IN_PROGRESS,
    S.HANDED_OVER: M.TRANSFERRED,
    S.DUPLICATE: M.FINISHED,
    S.WITHDRAWN: M.WITHDRAWN,
}
RESULTS: Final[Mapping[CaseStatus, str]] = {
    S.CONFIRMED: "居民确认办结",
    S.HANDED_OVER: "移交其他渠道",
    S.DUPLICATE: "并入其他工单",
    S.WITHDRAWN: "居民撤回",
}
UNHEARD: Final = "居民逾期未反馈"
KINDS: Final[Mapping[CaseKind, str]] = {
    CaseKind.COMPLAINT: "投诉",
    CaseKind.SUGGESTION: "建议",
    CaseKind.HELP: "求助",
    CaseKind.CONSULTATION: "咨询",
}
GRADES: Final[Mapping[int, str]] = {
    5: "非常满意",
    4: "满意",
    3: "基本满意",
    2: "不满意",
    1: "非常不满意",
}
CHANNELS: Final[Mapping[RatingChannel, str]] = {
    RatingChannel.SELF: "网上",
    RatingChannel.QR_CODE: "二维码",
    RatingChannel.STAFF_DEVICE: "窗口评价器",
    RatingChannel.CALL_BACK: "电话回访",
    RatingChannel.DEFAULT: "逾期默认",
}
Mirrored = Mapping[str, Any] | None


def matter(case: Case, body: Mirrored, offering: Mirrored) -> Matter:
    """The matter of a case; the body in charge and the offering as their feeds last told them.

    Source: the hand-over's columns (`common.contracts.handover`). It is finished when the resident
    has confirmed, not when the body says so, or when they have not said anything for long.
    """
    service, state = (offering or {}).get("name"), STATES[case.status]
    result = RESULTS.get(case.status)
    if case.status in REPLIES and case.closed_at is not None:
        state, result = M.FINISHED, UNHEARD
    ends = (case.closed_at, case.handed_over_at, case.withdrawn_at)
    is_over = state in {M.FINISHED, M.TRANSFERRED, M.WITHDRAWN}
    return Matter(
        id=case.id,
        project_no=case.number,
        project_name=f"{KINDS[case.kind]}：{service or case.category}",
        service_name=service,
        catalog_code=(offering or {}).get("catalog_code"),
        task_code=(offering or {}).get("task_code"),
        org_code=(body or {}).get("credit_code"),
        org_name=(body or {}).get("name"),
        category=case.category,
        area_code=case.area_code,
        apply_date=str(written(case.received_at)),
        accept_date=written(case.accepted_at),
        promise_date=written(case.due_at),
        finish_date=written(next((at for at in ends if at is not None), None)) if is_over else None,
        state=state,
        state_label=STATE_LABELS[state],
        result=result,
    )


def evaluation(rating: Rating, provider: Mirrored, offering: Mirrored) -> Evaluation:
    """The evaluation of a rating.

    Source: five grades and bad ratings, GB/T 39734-2020. Rater and referral stay here.
    """
    return Evaluation(
        id=rating.id,
        service_name=(offering or {}).get("name"),
        org_code=(provider or {}).get("credit_code"),
        org_name=(provider or {}).get("name"),
        category=rating.category,
        area_code=rating.area_code,
        region_code=f"{rating.area_code[:6]}000000",
        satisfaction=rating.level,
        satisfaction_label=GRADES[rating.level],
        is_bad=rating.level < SATISFIED_FROM,
        evaluate_channel=CHANNELS[rating.channel],
        evaluate_date=rating.rated_on.isoformat(),
        indicators=rating.options,
        verify_date=written(rating.verified_at),
        rectify_date=written(rating.rectified_at),
        call_back_date=written(rating.called_back_at),
        is_counted=rating.is_counted,
    )
