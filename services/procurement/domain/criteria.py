"""Published criteria: quantified, not discriminatory, weighing 100 with the price.

Pure. Points follow from what is measured, by bands; nothing else is scored.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from common.contracts.procurement_tenders import CriterionIn, CriterionKind, LooksAt
from common.contracts.vocabulary import PurchaseMethod
from common.errors import FieldError, Invalid, Text
from common.rules import Rule
from procurement.domain.tenders import LOWEST_PRICE
from procurement.domain.terms import Terms

# What refuses a bid, with the number of the published condition.
CONDITION: Final = "criterion."
HUNDRED: Final = Decimal(100)
FORBIDDEN: Final = {
    LooksAt.LOCAL_PERFORMANCE: "local_performance_as_condition",
    LooksAt.ORGANISATIONAL_FORM: "organisational_form_as_condition",
    LooksAt.SUPPLIER_SIZE: "supplier_size_as_condition",
}
# Words that give a forbidden criterion away whatever it says it looks at; the grade of a social
# organisation and its form are one thing. Source: 条例 20（四）（七）; 87号令 17.
TELLTALES: Final = {
    "local_performance_as_condition": (
        *("本市业绩", "本区业绩", "本街道业绩", "本镇业绩", "本地业绩", "本市获奖", "本区获奖"),
        *("在本市", "在本区", "在本街道", "市内业绩", "区内业绩", "辖区内业绩"),
    ),
    "organisational_form_as_condition": (
        *("所有制", "国有企业", "民营企业", "组织形式", "社会组织评估等级", "注册地", "本市注册"),
        *("本区注册", "本地注册", "设有分支机构", "5A级社会组织", "社团法人"),
    ),
    "supplier_size_as_condition": (
        *("注册资本", "注册资金", "资产总额", "营业收入", "从业人员", "利润", "纳税额", "年收入"),
    ),
}


class CriterionDiscriminates(Invalid):
    """A criterion that keeps suppliers out for what the law says must not matter."""

    slug = "criterion-discriminates"
    title = Text("评审因素或资格条件具有歧视性", "The criterion discriminates")
    detail = Text(
        "第 {position} 项“{name}”以“{sign}”为条件或评分，违反{document}第{article}条"
        "（规则 {rule}）；请删除。",
        'Criterion {position} "{name}" looks at "{sign}": {document}, article {article} '
        "(rule {rule}) forbids it; remove it.",
    )


class CriterionNotQuantified(Invalid):
    """Points without an indicator that they follow from."""

    slug = "criterion-not-quantified"
    title = Text("评审因素未量化", "The criterion is not quantified")
    detail = Text(
        "第 {position} 项“{name}”须有量化指标、单位和分档，最高一档等于满分"
        "（{document}第{article}条，规则 {rule}）。",
        'Criterion {position} "{name}" needs an indicator, a unit and bands whose best equals its '
        "points ({document}, article {article}, rule {rule}).",
    )


class WeightsWrong(Invalid):
    """Price and quality do not weigh what the law and arithmetic want."""

    slug = "weights-wrong"
    title = Text("分值或权重有误", "Weights are wrong")
    detail = Text("{reason}（规则 {rule}）", "{reason} (rule {rule})")


class Weights(NamedTuple):
    """What the documents say of the price."""

    price: Decimal
    is_fixed: bool
    small_firm: Decimal | None
    consortium: Decimal | None


def check_criteria(criteria: Sequence[CriterionIn], terms: Terms) -> None:
    """Refuse the first criterion that discriminates or is not quantified, with the article."""
    for position, criterion in enumerate(criteria, start=1):
        found = _discriminates(criterion)
        if found is not None:
            parameter, sign = found
            raise CriterionDiscriminates(sign=sign, **_facts(position, criterion, terms[parameter]))
        if criterion.kind is CriterionKind.QUALITY and not _is_quantified(criterion):
            rule = terms["quantified_criteria"]
            raise CriterionNotQuantified(
                errors=[_unquantified(position - 1, criterion)],
                **_facts(position, criterion, rule),
            )


_QUANTIFY: Final = Text(
    "须填指标与单位，各档由低到高、得分随之不减，最高一档为该项满分",
    "name indicator and unit; bands rise, points with them, the last one to the full points",
)


def _unquantified(at: int, criterion: CriterionIn) -> FieldError:
    bands = [[str(each.at_least), str(each.points)] for each in criterion.bands]
    return FieldError(f"/criteria/{at}/bands", bands, _QUANTIFY)


def _facts(position: int, criterion: CriterionIn, rule: Rule) -> dict[str, Any]:
    return {
        "position": position,
        "name": criterion.name,
        "document": rule.document,
        "article": rule.article,
        "rule": rule.code,
    }


def _discriminates(criterion: CriterionIn) -> tuple[str, str] | None:
    """The rule that forbids a criterion and the sign that gave it away."""
    if criterion.looks_at in FORBIDDEN:
        return FORBIDDEN[criterion.looks_at], criterion.looks_at.value
    words = "".join(f"{criterion.name}{criterion.indicator}".split())
    for parameter, signs in TELLTALES.items():
        for sign in signs:
            if sign in words:
                return parameter, sign
    return None


def _is_quantified(criterion: CriterionIn) -> bool:
    """An indicator, its unit, and bands that rise to the full points and never beyond."""
    bands = sorted(criterion.bands, key=lambda band: band.at_least)
    points = [band.points for band in bands]
    rises = points == sorted(points) and len({band.at_least for band in bands}) == len(bands)
    whole = bool(criterion.indicator and criterion.unit and bands and criterion.points > 0)
    return whole and rises and points[-1] == criterion.points


def points_of(bands: Sequence[tuple[Decimal, Decimal]], measured: Decimal) -> Decimal:
    """The points of the best band that is reached; none below the first."""
    return max((points for at_least, points in bands if measured >= at_least), default=Decimal(0))


_LOWEST: Final = "gpl.38.negotiation_award"
_SUM: Final = "87.55.price_score"
_PRICE_FIRST: Final = "110.quality_first"


def check_weights(
    method: PurchaseMethod, criteria: Sequence[CriterionIn], weights: Weights, terms: Terms
) -> None:
    """Price and quality weigh 100 together; the price between the law's bounds.

    A framework ranks by price, or by quality where the price is set.
    Source: 87号令 55; 214号 24; 110号令; 财库〔2022〕19号 (deductions).
    """
    quality = sum(
        (each.points for each in criteria if each.kind is CriterionKind.QUALITY), Decimal(0)
    )
    if method in LOWEST_PRICE:
        if quality or weights.price:
            raise _wrong("最低价成交，不设评分", "the lowest price wins", _LOWEST)
    elif quality + weights.price * HUNDRED != HUNDRED:
        told = f"{quality} + {weights.price * HUNDRED} ≠ 100"
        raise _wrong(f"合计应为 100：{told}", f"they sum to 100: {told}", _SUM)
    elif method is PurchaseMethod.FRAMEWORK and weights.price != 1 and not weights.is_fixed:
        raise _wrong("框架协议以价格优先为原则", "frameworks rank by price", _PRICE_FIRST)
    else:
        _check_price(weights, terms)
    _check_deductions(weights, terms)


def _check_price(weights: Weights, terms: Terms) -> None:
    if weights.is_fixed:
        if weights.price:
            raise _wrong(
                "固定价格不列为评审因素", "a fixed price is no factor", "87.55.fixed_price"
            )
        return
    for parameter in ("price_weight", "price_weight_ceiling"):
        if parameter in terms and not terms[parameter].admits(weights.price):
            rule = terms[parameter]
            raise _wrong(
                f"价格权重应 {rule.operator} {rule.value}",
                f"price {rule.operator} {rule.value}",
                rule.code,
            )


def _check_deductions(weights: Weights, terms: Terms) -> None:
    for value, parameter in (
        (weights.small_firm, "small_firm_deduction"),
        (weights.consortium, "consortium_deduction"),
    ):
        if value is None:
            continue
        for rule in (terms[parameter], terms[f"{parameter}_ceiling"]):
            if not rule.admits(value):
                raise _wrong(
                    f"价格扣除比例应 {rule.operator} {rule.value}",
                    f"the deduction is {rule.operator} {rule.value}",
                    rule.code,
                )


def _wrong(zh: str, en: str, rule: str) -> WeightsWrong:
    return WeightsWrong(reason=Text(zh, en), rule=rule)
