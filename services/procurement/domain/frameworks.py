"""Frameworks: their terms, and how a contract under one finds its supplier.

Pure. Source: 110号令 (first stage, second stage), awaiting verification in the rule table.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from common.contracts.procurement_tenders import SecondStage
from common.errors import Conflict, Text
from common.rules import Rule
from procurement.domain.providers import Unfit


class FrameworkTooLong(Conflict):
    """The framework would last longer than the law lets it."""

    slug = "framework-too-long"
    title = Text("框架协议期限过长", "The framework is too long")
    detail = Text(
        "框架协议自 {start} 起不超过 {years} 年，末日最晚为 {latest}（规则 {rule}）。",
        "A framework from {start} lasts {years} years at most, to {latest} (rule {rule}).",
    )


class NotOfTheFramework(Conflict):
    """The supplier is not, or no longer, in the framework, or it is not in force."""

    slug = "not-of-the-framework"
    title = Text("不在框架协议内", "Not of the framework")
    detail = Text("{reason}", "{reason}")


class NotYourTurn(Conflict):
    """The rotation names another supplier."""

    slug = "not-your-turn"
    title = Text("未轮到该供应商", "Another supplier's turn")
    detail = Text(
        "按顺序轮候，本次应为供应商 {wanted}。", "By rotation this contract goes to {wanted}."
    )


class TopUpNotNeeded(Conflict):
    """More is left of the shortlist than a top-up asks for."""

    slug = "top-up-not-needed"
    title = Text("不符合补充征集条件", "No top-up is needed")
    detail = Text(
        "入围 {shortlisted} 家，现余 {left} 家，占比未低于 {share}（规则 {rule}，{document}），"
        "不得补充征集。",
        "Of {shortlisted} on the shortlist {left} are left, which is not below {share}"
        " (rule {rule}, {document}): no top-up.",
    )


class NotToBeToppedUp(Conflict):
    """A top-up is of a closed framework that is in force, and like it in everything."""

    slug = "not-to-be-topped-up"
    title = Text("不能补充征集", "Not to be topped up")
    detail = Text("{reason}", "{reason}")


def check_top_up(left: int, shortlisted: int, rule: Rule) -> None:
    """Raises `TopUpNotNeeded` unless so few of the shortlist are left.

    Source: 110号令 (fewer than 70 % of the shortlist, and performance suffers).
    """
    if not rule.admits(Fraction(left, shortlisted)):
        raise TopUpNotNeeded(
            shortlisted=shortlisted,
            left=left,
            share=rule.value,
            rule=rule.code,
            document=rule.document,
        )


def check_term(start: date, end: date, rule: Rule) -> None:
    """Raises `FrameworkTooLong` beyond the years that the rule grants."""
    latest = _years_after(start, rule.number) - timedelta(days=1)
    if not start <= end <= latest:
        raise FrameworkTooLong(start=start, years=rule.number, latest=latest, rule=rule.code)


def check_member(supplier: UUID, members: Collection[UUID]) -> None:
    """Raises `NotOfTheFramework` for who is no member, or is one no longer."""
    if supplier not in members:
        raise NotOfTheFramework(
            reason=Text(
                f"供应商 {supplier} 不在入围名单内或已被清退，只有现有入围供应商可以参加二次竞价",
                f"supplier {supplier} is not, or no longer, in the framework; only its present "
                "members take part in a mini-competition",
            )
        )


def left(rule: Rule) -> Unfit:
    """Why nothing is awarded under a framework to who is in it no longer."""
    return Unfit(
        rule.code,
        Text(
            f"已不在框架协议入围名单内（规则 {rule.code}）",
            f"is no longer in the framework (rule {rule.code})",
        ),
    )


def next_in_rotation(ranked: Sequence[UUID], served: Mapping[UUID, int]) -> UUID:
    """Who is next: fewest contracts so far, then the better rank; one each a cycle."""
    return min(ranked, key=lambda each: (served.get(each, 0), ranked.index(each)))


def check_choice(
    way: SecondStage, chosen: UUID, members: Sequence[UUID], served: Mapping[UUID, int]
) -> None:
    """Whether a supplier may be chosen in this way without a competition."""
    if chosen not in members:
        raise NotOfTheFramework(
            reason=Text("该供应商不在入围名单内", "the supplier is not on the shortlist")
        )
    if way is SecondStage.MINI_COMPETITION:
        raise NotOfTheFramework(
            reason=Text("二次竞价须由入围供应商竞价产生", "a mini-competition decides by bids")
        )
    if way is SecondStage.ROTATION:
        wanted = next_in_rotation(members, served)
        if wanted != chosen:
            raise NotYourTurn(wanted=wanted)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, month=3, day=1)
