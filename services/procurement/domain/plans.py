"""Long-term plans: consecutive years, items within what was meant, residents' items as fixed.

Pure. Money is whole fen.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from common.contracts.procurement_plans import ItemStatus, PlanStatus, PlanYear
from common.errors import Conflict, FieldError, Invalid, Text
from common.money import show_yuan
from common.rules import Rule

P, I = PlanStatus, ItemStatus  # noqa: E741 - two short tables follow
PLAN_STEPS: Final = {P.DRAFT: frozenset({P.PUBLISHED}), P.PUBLISHED: frozenset({P.CLOSED})}
ITEM_STEPS: Final = {
    I.PLANNED: frozenset({I.TENDERING, I.DROPPED}),
    I.TENDERING: frozenset({I.PLANNED, I.CONTRACTED, I.DROPPED}),
    I.CONTRACTED: frozenset({I.PLANNED, I.TENDERING}),  # what was signed has ended
}


class WrongPlan(Invalid):
    """What was sent cannot be a plan; `errors` says where and why."""

    slug = "wrong-plan"
    title = Text("计划内容有误", "Wrong plan")


class PlanCannotMove(Conflict):
    """The step does not follow from where the plan or the item is."""

    slug = "plan-cannot-move"
    title = Text("计划状态不允许", "The plan cannot move there")
    detail = Text(
        "当前为 {current}，不能转为 {wanted}。", "It is {current} and cannot become {wanted}."
    )


class PlanOverlaps(Conflict):
    """The area has a published plan of the field for some of these years."""

    slug = "plan-overlaps"
    title = Text("计划年度重叠", "The years overlap")
    detail = Text(
        "该区域该领域已有覆盖这些年度的已公布计划；请先关闭旧计划或改用其他年度。",
        "The area has a published plan of this field for these years; close it, or choose others.",
    )


class PlanYearExceeded(Conflict):
    """The items of a year would take more than was meant for it."""

    slug = "plan-year-exceeded"
    title = Text("超出年度投入计划", "Beyond what was meant for the year")
    detail = Text(
        "所列项目将超出该年度的投入计划；请减少金额、另选年度或修订计划，详见 errors。",
        "The items would take more than the plan means to spend in that year. See errors.",
    )


class AgendaItemTaken(Conflict):
    """The residents' item stands in a plan already."""

    slug = "agenda-item-taken"
    title = Text("居民议题已列入计划", "The residents' item is planned already")
    detail = Text(
        "该居民议题已列入购买计划，不能重复列入。",
        "This item of the residents' agenda stands in a plan already.",
    )


class PurchaseHasItem(Conflict):
    """A purchase buys one item of a plan."""

    slug = "purchase-has-item"
    title = Text("采购已对应购买项目", "The purchase has an item")
    detail = Text(
        "一次采购只对应一个购买项目（purchase_item_id），该采购刚刚已对应另一项目；"
        "请查看其资金来源（funding）后重新落实。",
        "A purchase buys one item (purchase_item_id), and this one has just been given another; "
        "look at its funding, then fund it again.",
    )


class AgendaNotBinding(Conflict):
    """The agenda is not published, or was withdrawn or superseded."""

    slug = "agenda-not-binding"
    title = Text("议题清单未生效", "The agenda does not bind")
    detail = Text(
        "该议题清单当前为 {status}，不能据以购买。",
        "The agenda is {status}; nothing follows from it.",
    )


def check_years(years: Sequence[PlanYear], longest: Rule) -> None:
    """A plan names consecutive years once each, two at least and not more than the rule says."""
    named = [each.year for each in years]
    if named != list(range(named[0], named[0] + len(named))):
        told = Text("年度须连续且不重复", "years are consecutive and named once")
        raise WrongPlan(errors=[FieldError("/years", str(named), told)])
    if len(named) < 2 or not longest.admits(len(named)):
        told = Text(
            f"长期计划为 2 至 {longest.number} 年（{longest.code}）",
            f"a long-term plan has 2 to {longest.number} years ({longest.code})",
        )
        raise WrongPlan(errors=[FieldError("/years", len(named), told)])


def step(current: PlanStatus, wanted: PlanStatus) -> PlanStatus:
    """Raises `PlanCannotMove` unless the step follows."""
    if wanted not in PLAN_STEPS.get(current, frozenset()):
        raise PlanCannotMove(current=current, wanted=wanted)
    return wanted


def item_step(current: ItemStatus, wanted: ItemStatus) -> ItemStatus:
    """Raises `PlanCannotMove` unless the step follows."""
    if wanted not in ITEM_STEPS.get(current, frozenset()):
        raise PlanCannotMove(current=current, wanted=wanted)
    return wanted


def itemised(intended_fen: int, itemised_fen: int, more_fen: int) -> int:
    """What the items of a year take with one more. Raises `PlanYearExceeded`."""
    if itemised_fen + more_fen > intended_fen:
        told = Text(
            f"年度计划 {show_yuan(intended_fen)}，已列 {show_yuan(itemised_fen)}",
            f"{show_yuan(intended_fen)} is meant, {show_yuan(itemised_fen)} is taken",
        )
        raise PlanYearExceeded(errors=[FieldError("/money_fen", more_fen, told)])
    return itemised_fen + more_fen


def fixed_by_residents(agenda: Mapping[str, Any], item_id: str) -> Mapping[str, Any] | None:
    """The item of a published agenda; None when it has none such. Raises `AgendaNotBinding`."""
    if agenda["status"] != "published" or agenda.get("superseded_by_id"):
        raise AgendaNotBinding(status=agenda["status"])
    return next((item for item in agenda["items"] if item["id"] == item_id), None)
