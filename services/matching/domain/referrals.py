"""The life of a referral: its steps, who takes a place, when a hold ends.

Pure. A hold ends with the last of so many working days, or with the day of service.
"""

from datetime import date, datetime, timedelta
from typing import Final

from common.calendar import Calendar
from common.clock import CITY_ZONE, city_day, day_end
from common.contracts.matching import NeedStatus, ReferralStatus
from common.contracts.matching_referrals import CorrectionReason, DeclineReason
from common.errors import Conflict, FieldError, Forbidden, Invalid, Text
from common.opening import Days, clock_of
from matching.domain.opening import Hours, is_shut, sessions
from matching.domain.places import fits

S = ReferralStatus
STEPS: Final = {
    S.HELD: frozenset({S.ACCEPTED, S.DECLINED, S.EXPIRED, S.WITHDRAWN, S.HANDED_OVER}),
    S.WAITLISTED: frozenset({S.HELD, S.DECLINED, S.EXPIRED, S.WITHDRAWN, S.HANDED_OVER}),
    S.ACCEPTED: frozenset({S.SERVED, S.NO_SHOW, S.DECLINED, S.WITHDRAWN, S.HANDED_OVER, S.UNTOLD}),
    S.UNTOLD: frozenset({S.SERVED, S.NO_SHOW}),  # told late
    # Within days: it was given, though nobody had accepted it in time, or it was told by mistake.
    S.EXPIRED: frozenset({S.SERVED}),
    S.NO_SHOW: frozenset({S.SERVED}),
    S.SERVED: frozenset({S.NO_SHOW}),
}
LIVE: Final = frozenset({S.HELD, S.WAITLISTED, S.ACCEPTED})
# The place of what nobody told of is not given back: its day is past, and nobody else had it.
TAKING: Final = frozenset({S.HELD, S.ACCEPTED, S.SERVED, S.UNTOLD})
STAMPS: Final = {
    S.WAITLISTED: "waitlisted_at",
    S.ACCEPTED: "accepted_at",
    S.DECLINED: "declined_at",
    S.EXPIRED: "expired_at",
    S.WITHDRAWN: "withdrawn_at",
    S.HANDED_OVER: "handed_over_at",
    S.SERVED: "served_at",
    S.NO_SHOW: "no_show_at",
    S.UNTOLD: "untold_at",
}
# What becomes of the need: handed over it stays referred, by the referral that goes on.
NEED_AFTER: Final = {
    S.DECLINED: NeedStatus.OPEN,
    S.EXPIRED: NeedStatus.OPEN,
    S.WITHDRAWN: NeedStatus.OPEN,
    S.NO_SHOW: NeedStatus.OPEN,
    S.UNTOLD: NeedStatus.OPEN,  # nobody says that it was met
    S.SERVED: NeedStatus.SERVED,
}
# The steps of a need that nobody else sees to, when what was over is told as served.
TO_SERVED: Final = {
    NeedStatus.OPEN: (NeedStatus.REFERRED, NeedStatus.SERVED),
    NeedStatus.UNMET: (NeedStatus.OPEN, NeedStatus.REFERRED, NeedStatus.SERVED),
}
TOLD_ANEW: Final = frozenset({S.EXPIRED, S.NO_SHOW, S.SERVED})  # within days
GIVEN_BACK: Final = frozenset({S.EXPIRED, S.NO_SHOW})  # served after all, it took its place
ENDED_EARLY: Final = frozenset({S.DECLINED, S.EXPIRED, S.WITHDRAWN, S.HANDED_OVER})
ON_THE_DAY: Final = frozenset({S.SERVED, S.NO_SHOW})
FARTHEST: Final = timedelta(days=366)


class ReferralCannotMove(Conflict):
    """The step does not follow from where the referral is."""

    slug = "referral-cannot-move"
    title = Text("转介状态不允许", "The referral cannot move there")
    detail = Text(
        "转介当前为 {current}，不能转为 {wanted}；可转为：{allowed}。",
        "The referral is {current} and cannot become {wanted}; it can become: {allowed}.",
    )


class TooEarly(Conflict):
    """Nothing was served, and nobody stayed away, before the day has come."""

    slug = "too-early"
    title = Text("服务日期未到", "Too early")
    detail = Text(
        "服务日期为 {day}，当日起才能登记已服务或未到。",
        "The day of service is {day}; served and no-show are told from that day on.",
    )


class TooLate(Conflict):
    """What was told, or not told, is told otherwise within days, or not at all."""

    slug = "too-late"
    title = Text("已过补报期限", "Too late")
    detail = Text(
        "转介当前为 {current}；补报或更正须在 {until}（含）之前，现已逾期，请与所在街镇核对。",
        "The referral is {current}; what came of it could be told or corrected until {until}. It "
        "is too late by now: clear it up with the street.",
    )


class ResidentSaysOtherwise(Conflict):
    """The provider tells late, or anew, what the resident has said is not so."""

    slug = "resident-says-otherwise"
    title = Text("居民所述不同", "The resident says otherwise")
    detail = Text(
        "居民已说明是否得到服务，所述不同，不能再登记为 {wanted}；如有异议请与所在街镇核对。",
        "The resident has said otherwise of whether it was served, so it cannot be told as "
        "{wanted} any more; clear it up with the street.",
    )


class CorrectedAlready(Conflict):
    """A provider takes its word back once; then the resident's word is left."""

    slug = "corrected-already"
    title = Text("已更正过", "Corrected already")
    detail = Text(
        "该转介的结果已更正过一次，不能再由承接机构改报；由居民说明（word），或与所在街镇核对。",
        "What came of it was corrected once and its provider tells it no other way; the resident "
        "may say whether it was served (word), or clear it up with the street.",
    )


class WordGiven(Conflict):
    """The resident's word is given once, of what nobody else has told of."""

    slug = "word-given"
    title = Text("不需再说明", "Nothing more to say")
    detail = Text(
        "转介当前为 {current}；逾期未报结果（untold）或由已服务更正为未到（no_show）且尚未说明的，"
        "由居民说明是否已服务；超时释放（expired）的可说明未服务。",
        "The referral is {current}; a resident says whether it was served where nobody has told "
        "(untold) or its provider took served back (no_show), that it was not where nobody "
        "accepted it (expired), and once.",
    )


class NotYourWord(Forbidden):
    """The word is the resident's; a desk only writes it down for who has no account."""

    slug = "not-your-word"
    title = Text("应由居民本人说明", "The resident's own word")
    detail = Text(
        "居民有账号的，由其本人登录说明；没有账号的由受理窗口代为登记，承接机构的人员不能代填。",
        "A resident with an account says it signed in; for one without, a desk writes it down, and "
        "never anybody of the provider.",
    )


class AgreementNeeded(Conflict):
    """Another district serves, and its money does not allow it without an agreement."""

    slug = "agreement-needed"
    title = Text("跨区转介须有协议", "An agreement is needed")
    detail = Text(
        "需求在 {home}，服务在 {there}，资金来源 {funding} 不能跨区；"
        "请由受理窗口填写协议编号与结算金额。",
        "The need is in {home}, the offering in {there}, and its funding {funding} stays in its "
        "district; a desk gives the number and the settlement of an agreement.",
    )


class AgreementNotYours(Forbidden):
    """An agreement settles public money between districts: only who hands over writes it."""

    slug = "agreement-not-yours"
    title = Text("跨区协议由受理窗口填写", "A desk writes the agreement")
    detail = Text(
        "跨区协议约定两区之间的结算，只能由受理窗口填写；"
        "请去掉 agreement，或请所在街镇的受理窗口转介。",
        "An agreement settles money between districts and is written by a desk alone; leave out "
        "`agreement`, or ask the desk of the street to refer.",
    )


class WrongReferral(Invalid):
    """What was sent cannot be a referral; `errors` says where and why."""

    slug = "wrong-referral"
    title = Text("转介内容有误", "Wrong referral")


def check_step(current: ReferralStatus, wanted: ReferralStatus) -> None:
    """Raises `ReferralCannotMove` unless the step follows."""
    allowed = STEPS.get(current, frozenset())
    if wanted not in allowed:
        told = ", ".join(sorted(allowed)) or "-"
        raise ReferralCannotMove(current=current, wanted=wanted, allowed=told)


def check_answer(
    wanted: ReferralStatus, reason: DeclineReason | None, session_on: date, today: date
) -> None:
    """A decline names its reason, others name none; what happened is told from the day on."""
    if (wanted is S.DECLINED) != (reason is not None):
        told = Text("谢绝须说明原因，其他不填", "a reason goes with declined, and only with it")
        raise WrongReferral(errors=[FieldError("/reason", reason, told)])
    if wanted in ON_THE_DAY and session_on > today:
        raise TooEarly(day=session_on)


def check_correction(
    current: ReferralStatus, wanted: ReferralStatus, why: CorrectionReason | None
) -> None:
    """Raises `WrongReferral` unless what was told as served is taken back for a reason."""
    if (current is S.SERVED and wanted is S.NO_SHOW) != (why is not None):
        told = Text(
            "将已服务更正为未到须说明原因，其他不填",
            "a reason goes with no_show of what was told as served, and only with it",
        )
        raise WrongReferral(errors=[FieldError("/correction", why, told)])


def check_late_word(wanted: ReferralStatus, is_served: bool | None) -> None:
    """Raises `ResidentSaysOtherwise`: of two words about one service the resident's stands."""
    if is_served is not None and is_served != (wanted is S.SERVED) and wanted in ON_THE_DAY:
        raise ResidentSaysOtherwise(wanted=wanted)


def check_word(
    current: ReferralStatus, said: bool | None, *, is_served: bool, is_corrected: bool
) -> None:
    """Raises `WordGiven` unless the resident is the one to say what came of it.

    Of what no provider had accepted a resident says only that it was not served.
    """
    is_asked = current is S.UNTOLD or (current is S.EXPIRED and not is_served)
    is_asked |= current is S.NO_SHOW and is_corrected
    if not is_asked or said is not None:
        raise WordGiven(current=current)


def check_served_after_all(
    current: ReferralStatus, *, had_place: bool, until: date, today: date
) -> None:
    """Raises unless what counts as not given may still be told as served: it had a place once."""
    if not had_place:
        raise ReferralCannotMove(current=current, wanted=S.SERVED, allowed="-")
    if today > until:
        raise TooLate(current=current, until=until)


def check_told_by_mistake(
    current: ReferralStatus, *, is_corrected: bool, until: date, today: date
) -> None:
    """Raises unless a provider may still take back, for the first time, what it told."""
    if is_corrected:
        raise CorrectedAlready
    if today > until:
        raise TooLate(current=current, until=until)


def settlement_due(status: ReferralStatus, agreed_fen: int | None) -> int | None:
    """What is due of an agreed settlement: all once it is served, nothing where it never was."""
    if agreed_fen is None or status in LIVE:
        return None
    return agreed_fen if status is S.SERVED else 0


def check_day(day: date, today: date) -> None:
    """A referral is for today or a day within a year."""
    if not today <= day <= today + FARTHEST:
        told = Text(
            f"应在 {today} 至 {today + FARTHEST} 之间", f"from {today} to {today + FARTHEST}"
        )
        raise WrongReferral(errors=[FieldError("/session_on", str(day), told)])


def check_session(clock: str | None, hours: Hours, day: date, days: Days) -> None:
    """Places counted by session are those of one that there is: hours begin, and a session does.

    Else each minute would have places of its own. Where no hours are known, the word is taken.
    """
    begins = sessions(hours, day, days)
    if begins is None:
        return
    starts = [clock_of(minute) for minute in begins]
    if clock in starts:
        return
    told = Text(
        f"名额按场计，应填 {day} 某场的开始时间：{'、'.join(starts) or '当日无场次，请另选日期'}",
        f"places are counted by session; one that begins on {day}: "
        f"{', '.join(starts) or 'there is none, choose another day'}",
    )
    raise WrongReferral(errors=[FieldError("/session", clock, told)])


def has_begun(clock: str, day: date, now: datetime) -> bool:
    """Whether a session of a day has begun: it takes nobody any more."""
    return (day, clock) <= (city_day(now), time_of_day(now))


def check_ahead(clock: str | None, day: date, now: datetime) -> None:
    """Raises `WrongReferral` where a session has begun."""
    if clock is not None and has_begun(clock, day, now):
        time = time_of_day(now)
        told = Text(
            f"该场已于 {clock} 开始（现在 {time}），请另选场次或日期",
            f"it began at {clock} and it is {time}; choose another session or day",
        )
        raise WrongReferral(errors=[FieldError("/session", clock, told)])


def time_of_day(now: datetime) -> str:
    """The time of day in the city, HH:MM."""
    return f"{now.astimezone(CITY_ZONE):%H:%M}"


def check_places(wanted: int, places: int | None) -> None:
    """No more than there are when nobody else comes: who waits for more stops all behind."""
    if not fits(places, 0, wanted):
        told = Text(
            f"该服务每期共 {places} 个名额，{wanted} 个永远排不到；请减少名额数或另选服务",
            f"there are {places} places in all, so {wanted} are never free; ask for fewer, or "
            "choose another offering",
        )
        raise WrongReferral(errors=[FieldError("/places", wanted, told)])


def check_open(hours: Hours, day: date, days: Days) -> None:
    """Places counted by day are those of a day on which the offering opens, as far as is known."""
    if is_shut(hours, day, days):
        told = Text(
            f"该服务（或其载体）{day} 不开放，请另选日期",
            f"it, or its venue, is not open on {day}; choose another day",
        )
        raise WrongReferral(errors=[FieldError("/session_on", str(day), told)])


def hold_expires(now: datetime, session_on: date, days: int, calendar: Calendar) -> datetime:
    """When a hold ends that nobody answers: at the end of a day in the city."""
    last = min(calendar.add_working_days(city_day(now), days).on, session_on)
    return day_end(last)


def hold_again(
    held_at: datetime, session_on: date, days: int, calendar: Calendar, now: datetime
) -> datetime:
    """When a hold ends on a calendar that has changed: never before today is over.

    Who was told another day is not found to be late at once.
    """
    today = day_end(min(city_day(now), session_on))
    return max(hold_expires(held_at, session_on, days, calendar), today)
