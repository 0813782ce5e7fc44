"""Assessments 考核: what a scheme must be, what comes out, who is tied with whom.

Pure. The residents' verdict has the main weight, by the rule of the kind of assessment; what comes
out is an interval, and two subjects whose intervals overlap are tied.
Source: rules `satisfaction.*`, `assessment.*`, `rank.minimum` of the platform; for the caps
整治形式主义为基层减负若干规定 (2024-08-06).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import hypot
from typing import Final
from uuid import UUID

from common.auth.actor import AREA_DIGITS
from common.contracts.feedback_assessments import AssessmentKind, IndicatorIn, Measure, SchemeIn
from common.contracts.shapes import SMALLEST_FIGURE
from common.errors import Conflict, FieldError, Invalid, Text
from common.rules import Rule, RulesInForce
from feedback.domain.figures import period_of
from feedback.domain.scores import Levels, Prior, Scored, scored

WHOLE: Final = 100
_DIGITS: Final = 2  # published scores: what stands behind them cannot be worked out from more


class WrongScheme(Invalid):
    """A scheme that contradicts itself; `errors` says where and why."""

    slug = "wrong-scheme"
    title = Text("考核方案有误", "Wrong scheme")


class SatisfactionTooLight(Invalid):
    """The residents' verdict has not the weight that the rule demands."""

    slug = "satisfaction-too-light"
    title = Text("居民满意度权重不足", "Satisfaction weighs too little")
    detail = Text(
        "居民满意度权重为 {share}，规则 {rule} 要求 {operator} {value}；请提高 measure 为"
        " satisfaction 的指标权重。法定考核按规则 {names} 列出的名称豁免。",
        "Satisfaction weighs {share}; rule {rule} demands {operator} {value}: raise the weight of"
        " the indicators with measure satisfaction. Statutory ones are exempt by name ({names}).",
    )


class NotStatutory(Invalid):
    """An assessment calls itself statutory and is on no list."""

    slug = "not-statutory"
    title = Text("不属于法定考核", "Not a statutory assessment")
    detail = Text(
        "statutory_name “{name}”不在规则 {rule} 的名单中：{allowed}。",
        'statutory_name "{name}" is not on the list of rule {rule}: {allowed}.',
    )


class AssessedOften(Conflict):
    """A body was assessed as often as the year allows."""

    slug = "assessed-often"
    title = Text("考核次数已达上限", "Assessed often enough")
    detail = Text(
        "对象 {subject} 在 {year} 年已有 {taken} 次同类考核，规则 {rule} 至多 {most} 次；"
        "可加入已有的现场检查合并进行。",
        "{subject} has {taken} assessments of this kind in {year}; rule {rule} allows {most}."
        " Join the visit that is planned to share it.",
    )


class FiledTooLate(Conflict):
    """Who files in the course of a period may know how it goes."""

    slug = "filed-too-late"
    title = Text("考核方案备案过晚", "Filed too late")
    detail = Text(
        "考核期 period_from_on 为 {first}，今天是 {today}；规则 {rule} 要求事先备案，最迟为考核期"
        "首日。请另报尚未开始的考核期。",
        "The period begins with period_from_on {first}, today is {today}; by rule {rule} a scheme"
        " is filed beforehand, on the first day of its period at the latest: choose a period that"
        " has not begun.",
    )


class FiguresKnown(Conflict):
    """Weights are not chosen by who knows the figures that they weigh."""

    slug = "figures-known"
    title = Text("考核期的统计已公布", "The figures are public")
    detail = Text(
        "{first} 至 {last} 的统计已公布，不能再为其确定指标和权重；请另报统计尚未公布的考核期。",
        "Figures from {first} to {last} are public: their weights cannot be chosen any more; choose"
        " a period of which nothing is released.",
    )


class AssessmentTooEarly(Conflict):
    """Ratings of the period may still be given or amended."""

    slug = "assessment-too-early"
    title = Text("考核期尚未结束", "Too early to assess")
    detail = Text(
        "评价截至 {day} 仍可提交或修改，请于其后计算。",
        "Ratings may be given or amended until {day}; compute after that.",
    )


class FiguresNotReleased(Conflict):
    """Assessments rest on released figures."""

    slug = "figures-not-released"
    title = Text("统计期尚未发布", "Figures are not released")
    detail = Text(
        "截至 {day} 的评价统计尚未全部发布，或某一期超出考核期，请在各期发布后按整期计算。",
        "Figures up to {day} are not all released yet, or a release reaches beyond the period of"
        " the scheme: wait for the release, or file a scheme of whole releases.",
    )


class AlreadyAssessed(Conflict):
    """A scheme is carried out once."""

    slug = "already-assessed"
    title = Text("结果已产生", "Already assessed")
    detail = Text("该考核已于 {day} 产生结果。", "This assessment was carried out on {day}.")


class SchemeWithdrawn(Conflict):
    """What was withdrawn is neither carried out nor withdrawn again."""

    slug = "scheme-withdrawn"
    title = Text("考核方案已撤回", "The scheme is withdrawn")
    detail = Text(
        "该方案已于 {day} 撤回，请另行备案。", "It was withdrawn on {day}: file another one."
    )


class NotInPublicity(Conflict):
    """A result is appealed while it is public and not final, once."""

    slug = "not-in-publicity"
    title = Text("不在公示期或已申诉", "Not open to appeal")
    detail = Text(
        "公示期为 {first} 至 {last}，每项结果申诉一次。",
        "It is open from {first} to {last}, and to one appeal.",
    )


class NoOpenAppeal(Conflict):
    """There is nothing to decide."""

    slug = "no-open-appeal"
    title = Text("没有待裁定的申诉", "No open appeal")
    detail = Text("该结果没有待裁定的申诉。", "This result has no appeal that waits.")


class OwnAssessmentAppeal(Conflict):
    """Nobody decides an appeal of one's own."""

    slug = "own-assessment-appeal"
    title = Text("不得裁定本人提出的申诉", "Not one's own appeal")
    detail = Text("申诉人不能裁定自己的申诉。", "Who appealed does not decide.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out for one subject."""

    scores: Mapping[str, float | None]
    whole: Scored | None


def check_scheme(wish: SchemeIn, months: int) -> None:
    """Weights are a whole, codes differ, evidence is named, the period is one that is released."""
    wrong: list[FieldError] = []
    total = sum(each.weight for each in wish.indicators)
    if total != WHOLE:
        wrong.append(
            FieldError("/indicators", total, Text("权重合计须为 100", "weights must sum to 100"))
        )
    if len({each.code for each in wish.indicators}) < len(wish.indicators):
        codes = ",".join(each.code for each in wish.indicators)
        wrong.append(FieldError("/indicators", codes, Text("指标代码重复", "a code is repeated")))
    for at, each in enumerate(wish.indicators):
        if (each.measure is Measure.EVIDENCE) != (each.evidence_kind is not None):
            told = Text("仅 evidence 指标须指明佐证类别", "goes with measure evidence, only")
            wrong.append(FieldError(f"/indicators/{at}/evidence_kind", each.evidence_kind, told))
    if len(set(wish.subject_ids)) < len(wish.subject_ids):
        told = Text("对象重复", "a subject is repeated")
        wrong.append(FieldError("/subject_ids", len(wish.subject_ids), told))
    if not _is_released(wish.period_from_on, wish.period_to_on, months):
        told = Text(
            f"考核期须由整统计期（{months} 个月）组成且在同一年",
            f"whole released periods of {months} months within one year",
        )
        wrong.append(FieldError("/period_to_on", str(wish.period_to_on), told))
    if wrong:
        raise WrongScheme(errors=wrong)


def _is_released(from_on: date, until_on: date, months: int) -> bool:
    """Whether days are whole releases: figures of other days could be subtracted from them."""
    return (
        from_on < until_on
        and from_on.year == until_on.year
        and period_of(from_on, months)[0] == from_on
        and period_of(until_on, months)[1] == until_on
    )


def check_weight(wish: SchemeIn, in_force: RulesInForce) -> Rule:
    """The rule under which the weight of satisfaction stands: of its kind, or its exemption."""
    names = in_force.rule("satisfaction.statutory_names")
    if wish.kind is AssessmentKind.STATUTORY:
        if not names.admits(wish.statutory_name or ""):
            allowed = "、".join(names.words)
            raise NotStatutory(name=wish.statutory_name or "", rule=names.code, allowed=allowed)
        return names
    if wish.statutory_name is not None:
        told = Text("仅限法定考核", "for statutory assessments only")
        raise WrongScheme(errors=[FieldError("/statutory_name", wish.statutory_name, told)])
    rule = in_force.setting("satisfaction_weight", "community_assessment", method=wish.kind)
    share = Fraction(satisfaction_percent(wish.indicators), WHOLE)
    if not rule.admits(share):
        raise SatisfactionTooLight(
            share=float(share),
            rule=rule.code,
            operator=rule.operator.value,
            value=rule.known,
            names=names.code,
        )
    return rule


def check_beforehand(
    from_on: date, until_on: date, today: date, plan: Rule, *, is_public: bool
) -> None:
    """Raises `FiledTooLate` or `FiguresKnown`: who sets weights does not know what comes of them.

    Source: rule `burden.plan` (整治形式主义为基层减负若干规定). The first day still is beforehand;
    where no plan is asked for, no figure may be public.
    """
    if plan.known is True and today > from_on:
        raise FiledTooLate(first=from_on, today=today, rule=plan.code)
    if is_public:
        raise FiguresKnown(first=from_on, last=until_on)


def shared_area(codes: Sequence[str]) -> str | None:
    """The smallest division in which a subject lies whole; a contract may serve several."""
    for digits in sorted(AREA_DIGITS, reverse=True):
        if len(shared := {code[:digits] for code in codes}) == 1:
            return shared.pop().ljust(12, "0")
    return None


def satisfaction_percent(indicators: Sequence[IndicatorIn]) -> int:
    """How many of the hundred points the residents' verdict has."""
    return sum(each.weight for each in indicators if each.measure is Measure.SATISFACTION)


def open_until(period_to_on: date, in_force: RulesInForce) -> date:
    """The last day on which a rating of the period may be given or amended."""
    days = in_force.rule("rating.window").number + in_force.rule("rating.amend").number
    return period_to_on + timedelta(days=days)


def outcome(
    weights: Mapping[str, int],
    figures: Mapping[str, Levels],
    priors: Mapping[str, Prior],
    proven: Mapping[str, float],
    verdicts: Collection[str],
) -> Outcome:
    """The scores of one subject and the whole of them.

    An indicator on fewer than ten people says nothing and its weight goes to the others; without
    the residents' verdict there is no whole. Indicators are taken as independent.
    """
    single = {
        code: scored(levels, priors[code])
        for code, levels in figures.items()
        if levels.number >= SMALLEST_FIGURE
    } | {code: Scored(share, share, share) for code, share in proven.items()}
    scores = {code: _told(single[code].score) if code in single else None for code in weights}
    if not all(code in single for code in verdicts):
        return Outcome(scores, None)
    total = sum(weights[code] for code in single)
    parts = [(weights[code] / total, each) for code, each in sorted(single.items())]
    score = sum(share * each.score for share, each in parts)
    below = hypot(*(share * (each.score - each.lower) for share, each in parts))
    above = hypot(*(share * (each.upper - each.score) for share, each in parts))
    whole = Scored(_told(score), _told(max(0.0, score - below)), _told(min(1.0, score + above)))
    return Outcome(scores, whole)


def _told(score: float) -> float:
    return round(score, _DIGITS)


def tie_bands(intervals: Mapping[UUID, Scored]) -> dict[UUID, int]:
    """Bands from 1, the best: whose intervals overlap, directly or through others, are tied."""
    found: dict[UUID, int] = {}
    band, floor = 0, 0.0
    for key in sorted(intervals, key=lambda each: (-intervals[each].upper, each)):
        if not band or intervals[key].upper < floor:
            band, floor = band + 1, intervals[key].lower
        floor = min(floor, intervals[key].lower)
        found[key] = band
    return found


def check_open(assessed_on: date | None, withdrawn_on: date | None) -> None:
    """Raises `AlreadyAssessed` or `SchemeWithdrawn`: a scheme ends once, this way or that."""
    if assessed_on is not None:
        raise AlreadyAssessed(day=assessed_on)
    if withdrawn_on is not None:
        raise SchemeWithdrawn(day=withdrawn_on)


def check_appeal(
    today: date, first: date, last: date, *, is_appealed: bool, is_final: bool
) -> None:
    """An appeal is filed once, while the result is public."""
    if is_appealed or is_final or not first <= today <= last:
        raise NotInPublicity(first=first, last=last)
