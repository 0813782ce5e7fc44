"""What is kept for small firms: which purchase must say so or why not, and whose bids count then.

Pure. Source: 财库〔2020〕46号 art. 6–9. Frameworks and single sources are left out by art. 6, and
a selection below the limit is no government procurement.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from common.contracts.vocabulary import PurchaseMethod, SmallFirmReserve
from common.errors import Conflict, Text
from common.money import show_yuan
from common.rules import Rule
from procurement.domain.terms import Terms

M = PurchaseMethod
EXEMPT: Final = frozenset({M.FRAMEWORK, M.SINGLE_SOURCE, M.SELECTION, M.VENTURE})
R = SmallFirmReserve


class ReserveUnexplained(Conflict):
    """A purchase neither kept for small firms nor open on a ground of the law."""

    slug = "reserve-unexplained"
    title = Text("未说明是否预留给中小企业", "Nothing said of small firms")
    detail = Text(
        "预算 {value} 元的采购须在 small_firm_reserve 中写明{wanted}，或不预留的法定情形"
        "（规则 {rule}，{document}）。",
        "A purchase of {value} yuan says in small_firm_reserve that it is {wanted}, or on which"
        " ground it is not (rule {rule}, {document}).",
    )


class ReserveWrong(Conflict):
    """What is said of small firms does not fit the purchase."""

    slug = "reserve-wrong"
    title = Text("中小企业预留有误", "Wrong reserve for small firms")
    detail = Text("{reason}（规则 {rule}）", "{reason} (rule {rule})")


def check_reserve(
    reserve: SmallFirmReserve | None,
    value_fen: int,
    terms: Terms,
    *,
    method: PurchaseMethod,
    has_deduction: bool,
) -> None:
    """Raises `ReserveUnexplained`, `ReserveWrong` before the notice."""
    if method in EXEMPT or "reserved_below" not in terms:
        return
    below, share = terms["reserved_below"], terms["reserved_share_above"]
    is_whole = below.admits(value_fen)
    if reserve is None:
        rule = below if is_whole else share
        wanted = _WHOLE if is_whole else _PART
        raise ReserveUnexplained(
            value=show_yuan(value_fen), wanted=wanted, rule=rule.code, document=rule.document
        )
    if reserve is R.PART and is_whole:
        reason = Text(
            "不超过数额标准的采购应整体预留", "up to this amount a purchase is kept as a whole"
        )
        raise ReserveWrong(reason=reason, rule=below.code)
    if reserve is R.RESERVED and has_deduction:
        reason = Text(
            "专门面向中小企业的采购不再给予价格扣除",
            "where only small firms bid there is no deduction",
        )
        raise ReserveWrong(reason=reason, rule=below.code)


_WHOLE: Final = Text("专门面向中小企业（reserved）", '"reserved"')
_PART: Final = Text("预留份额（part 或 reserved）", '"part" or "reserved"')


class Declared(NamedTuple):
    """What a bidder declares of firms: what it is itself, and who has which share of the work."""

    is_small: bool
    is_medium: bool
    small_share: Decimal
    medium_share: Decimal

    @property
    def small(self) -> Decimal:
        """The share of small and micro firms."""
        return Decimal(1) if self.is_small else self.small_share

    @property
    def together(self) -> Decimal:
        """The share of small, micro and medium firms."""
        return Decimal(1) if self.is_medium else self.small + self.medium_share


def declared(content: Mapping[str, Any], *, is_enterprise: bool) -> Declared:
    """What a bid declares; only an enterprise can itself be such a firm."""
    return Declared(
        is_small=bool(content.get("is_small_firm")) and is_enterprise,
        is_medium=bool(content.get("is_medium_firm")) and is_enterprise,
        small_share=Decimal(str(content.get("small_firm_share", "0"))),
        medium_share=Decimal(str(content.get("medium_firm_share", "0"))),
    )


def refusing(reserve: SmallFirmReserve | None, terms: Terms, said: Declared) -> Rule | None:
    """The rule by which a bid does not count; None where it does.

    Of the least part that is kept, small and micro firms have their own share.
    """
    if reserve is R.RESERVED and not (said.is_small or said.is_medium):
        return terms["reserved_below"]
    if reserve is not R.PART:
        return None
    share = terms["reserved_share_above"]
    if not share.admits(said.together):
        return share
    if "reserved_for_small" not in terms:
        return None
    small = terms["reserved_for_small"]
    return None if small.admits(said.small / share.share) else small
