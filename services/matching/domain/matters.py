"""A referral as a matter 办件 of the portal. Pure; it leaves the resident and the rater out."""

from collections.abc import Mapping
from typing import Any, Final

from common.contracts.handover import STATE_LABELS, Matter, MatterState, written
from common.contracts.matching import Referral, ReferralStatus
from common.contracts.matching_referrals import DeclineReason
from matching.domain.referrals import LIVE, STAMPS

S, M = ReferralStatus, MatterState
STATES: Final[Mapping[ReferralStatus, MatterState]] = {
    S.HELD: M.APPLIED,
    S.WAITLISTED: M.APPLIED,
    S.ACCEPTED: M.ACCEPTED,
    S.DECLINED: M.REFUSED,
    S.EXPIRED: M.FINISHED,
    S.WITHDRAWN: M.WITHDRAWN,
    S.HANDED_OVER: M.TRANSFERRED,
    S.SERVED: M.FINISHED,
    S.NO_SHOW: M.FINISHED,
    S.UNTOLD: M.FINISHED,
}
RESULTS: Final[Mapping[ReferralStatus, str]] = {
    S.DECLINED: "承接单位谢绝",
    S.EXPIRED: "超时释放",
    S.WITHDRAWN: "居民撤回",
    S.HANDED_OVER: "移交其他服务",
    S.SERVED: "已服务",
    S.NO_SHOW: "居民未到",
    S.UNTOLD: "逾期未报结果",
}
# Declined by nobody: the platform found that it cannot be.
WITHOUT_REFUSAL: Final[Mapping[str, str]] = {
    DeclineReason.NO_ROOM: "未订到所需空间",
    DeclineReason.FEWER_PLACES: "名额减少，少于所需",
}


def matter(
    referral: Referral, provider: Mapping[str, Any] | None, offering: Mapping[str, Any] | None
) -> Matter:
    """The matter of a referral; provider and offering as their feeds last told them.

    Source: the hand-over's columns (`common.contracts.handover`); a referral promises no day.
    """
    ended_at = None if referral.status in LIVE else getattr(referral, STAMPS[referral.status])
    state = STATES[referral.status]
    service = (offering or {}).get("name")
    return Matter(
        id=referral.id,
        project_no=referral.number,
        project_name=f"转介：{service or referral.category}",
        service_name=service,
        catalog_code=(offering or {}).get("catalog_code"),
        task_code=(offering or {}).get("task_code"),
        org_code=(provider or {}).get("credit_code"),
        org_name=(provider or {}).get("name"),
        category=referral.category,
        area_code=referral.area_code,
        apply_date=str(written(referral.made_at)),
        accept_date=written(referral.accepted_at),
        promise_date=None,
        finish_date=written(ended_at),
        state=state,
        state_label=STATE_LABELS[state],
        result=WITHOUT_REFUSAL.get(referral.decline_reason or "", RESULTS.get(referral.status)),
    )
