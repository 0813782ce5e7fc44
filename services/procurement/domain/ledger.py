"""The ledger of a budget line: planned money is reserved, committed, then paid; never twice.

Pure. Amounts are whole fen. What is neither reserved, committed nor paid is free.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from common.contracts.procurement_budgets import EntryKind
from common.errors import Conflict, FieldError, Invalid, Text
from common.money import show_yuan


class BudgetExceeded(Conflict):
    """The line has not that much free money: no budget, no purchase."""

    slug = "budget-exceeded"
    title = Text("预算可用额度不足", "The budget line does not hold that much")
    detail = Text(
        "预算科目的可用额度不足，无预算不得购买；请调整预算、减少金额或另选科目，详见 errors。",
        "The budget line has too little free money; change the budget, the amount or the line. "
        "See errors.",
    )


class MoreThanHeld(Conflict):
    """A purchase cannot give back, commit or pay more than it holds on the line."""

    slug = "more-than-held"
    title = Text("超出该项采购持有的额度", "More than the purchase holds")
    detail = Text(
        "该项采购在此预算科目上持有的额度不足，不能释放、承诺或支付这一金额，详见 errors。",
        "The purchase holds less than that on this budget line; see errors.",
    )


class WrongFunding(Invalid):
    """Lines that cannot pay for this purchase; `errors` says which and why."""

    slug = "wrong-funding"
    title = Text("资金来源有误", "Wrong funding")


@dataclass(frozen=True, slots=True)
class Balance:
    """How a budget line stands."""

    planned_fen: int
    reserved_fen: int = 0
    committed_fen: int = 0
    paid_fen: int = 0

    @property
    def bound_fen(self) -> int:
        """What is spoken for."""
        return self.reserved_fen + self.committed_fen + self.paid_fen

    @property
    def free_fen(self) -> int:
        """What may still be reserved."""
        return self.planned_fen - self.bound_fen


# Where the money of an entry comes from and goes to; None is the free part of the line.
ROUTES: Final = {
    EntryKind.RESERVED: (None, "reserved_fen"),
    EntryKind.RELEASED: ("reserved_fen", None),
    EntryKind.COMMITTED: ("reserved_fen", "committed_fen"),
    EntryKind.RETURNED: ("committed_fen", None),
    EntryKind.PAID: ("committed_fen", "paid_fen"),
}


def check_payer(named: Sequence[tuple[UUID, UUID]], buyer_id: UUID, *, at: str = "/draws") -> None:
    """Raises `WrongFunding` unless the owner of every named line is the buyer.

    Source: 政府采购法 arts. 6, 33 (a body buys within its own approved budget).
    """
    told = Text(
        f"不是购买方 {buyer_id} 的预算科目，请改用其自有科目",
        f"not a line of the buyer {buyer_id}; name one of its own",
    )
    foreign = [
        FieldError(f"{at}/{position}/line_id", str(line_id), told)
        for position, (line_id, owner) in enumerate(named)
        if owner != buyer_id
    ]
    if foreign:
        raise WrongFunding(errors=foreign)


def entered(balance: Balance, kind: EntryKind, fen: int) -> Balance:
    """The balance after an entry. Raises `BudgetExceeded` or `MoreThanHeld`; nothing goes below 0.

    Source: 政府采购法实施条例 art. 30 and 财政部令第102号 arts. 11-15 (no budget, no purchase).
    """
    origin, target = ROUTES[kind]
    if origin is None and fen > balance.free_fen:
        raise BudgetExceeded(errors=[_short(fen, balance.free_fen)])
    if origin is not None and fen > getattr(balance, origin):
        raise MoreThanHeld(errors=[_short(fen, getattr(balance, origin))])
    moved = balance if origin is None else _added(balance, origin, -fen)
    return moved if target is None else _added(moved, target, fen)


def replanned(balance: Balance, planned_fen: int) -> Balance:
    """The balance under another budget, which covers at least what is spoken for."""
    if planned_fen < balance.bound_fen:
        told = Text(
            f"已占用 {show_yuan(balance.bound_fen)}，预算不能低于此数",
            f"{show_yuan(balance.bound_fen)} is spoken for; the budget cannot be less",
        )
        raise BudgetExceeded(errors=[FieldError("/planned_fen", planned_fen, told)])
    return replace(balance, planned_fen=planned_fen)


def _added(balance: Balance, name: str, fen: int) -> Balance:
    return replace(balance, **{name: getattr(balance, name) + fen})


def _short(wanted: int, there: int) -> FieldError:
    told = Text(
        f"需要 {show_yuan(wanted)}，只有 {show_yuan(there)}",
        f"{show_yuan(wanted)} is wanted, {show_yuan(there)} is there",
    )
    return FieldError("/value_fen", wanted, told)
