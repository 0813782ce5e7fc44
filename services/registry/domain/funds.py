"""The ledger of a fund: which accounts an entry moves, and what a fund can afford. Pure.

Money is integer fen. An entry takes from one account what it gives to another, so the sum over all
accounts never changes; what a rule has to guard is that no account is overdrawn.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final, NamedTuple, Self

from common.contracts.registry.funds import Account, EntryKind
from common.errors import Conflict, FieldError, Invalid, Text

LEGS: Final[Mapping[EntryKind, tuple[Account, Account]]] = {
    EntryKind.RECEIPT: (Account.SOURCE, Account.AVAILABLE),
    EntryKind.RETURN: (Account.AVAILABLE, Account.SOURCE),
    EntryKind.COMMITMENT: (Account.AVAILABLE, Account.COMMITTED),
    EntryKind.RELEASE: (Account.COMMITTED, Account.AVAILABLE),
    EntryKind.PAYMENT: (Account.COMMITTED, Account.SPENT),
    EntryKind.REFUND: (Account.SPENT, Account.AVAILABLE),
}
NAMES: Final[Mapping[Account, Text]] = {
    Account.SOURCE: Text("批准而未到账", "approved and not yet received"),
    Account.AVAILABLE: Text("可用", "available"),
    Account.COMMITTED: Text("已承诺未支付", "committed"),
    Account.SPENT: Text("已支付", "spent"),
}


class Overdrawn(Conflict):
    """More money would move than there is."""

    slug = "fund-overdrawn"
    title = Text("余额不足", "Not enough money")
    detail = Text(
        "“{account}”余额不足以转出此金额；请减少金额，或先办理到账、释放。",
        "There is less {account} money than this; take less, or book a receipt or a release first.",
    )


class FundClosed(Conflict):
    """A closed fund keeps its ledger as it is."""

    slug = "fund-closed"
    title = Text("资金已结清", "The fund is closed")
    detail = Text("该资金已结清，不可再记账或修改。", "A closed fund takes no entry and no edit.")


class FundNotEmpty(Conflict):
    """A fund closes when nothing is left to pay or to return."""

    slug = "fund-not-empty"
    title = Text("尚有余额", "The fund is not empty")
    detail = Text(
        "该资金尚有可用或已承诺的余额；请先支付、释放并退回出资方，再结清。",
        "Money is still available or committed: pay, release and return it, then close.",
    )


class GrantEnded(Conflict):
    """What was promised has been settled."""

    slug = "grant-ended"
    title = Text("资助已结束", "The grant has ended")
    detail = Text("该资助已结束，不可再支付。", "The grant has ended; nothing more is paid on it.")


class WrongGrant(Invalid):
    """A promise that does not fit its fund."""

    slug = "wrong-grant"
    title = Text("资助与资金不符", "The grant does not fit the fund")


class WrongEntry(Invalid):
    """An entry that the books cannot hold yet."""

    slug = "wrong-entry"
    title = Text("分录有误", "The entry does not fit")


class WrongFund(Invalid):
    """Parts of a fund that contradict each other."""

    slug = "wrong-fund"
    title = Text("资金信息前后矛盾", "The fund contradicts itself")


class Balance(NamedTuple):
    """What stands in the accounts of a fund. `source` is what is approved and not yet received."""

    source: int
    available: int
    committed: int
    spent: int

    @classmethod
    def approved(cls, amount: int) -> Self:
        """A fund of which nothing has arrived."""
        return cls(amount, 0, 0, 0)

    def after(self, kind: EntryKind, amount: int) -> "Balance":
        """The accounts after an entry. Raises `Overdrawn`."""
        giver, taker = LEGS[kind]
        standing = self._asdict()
        if standing[giver] < amount:
            raise Overdrawn(account=NAMES[giver])
        standing[giver] -= amount
        standing[taker] += amount
        return Balance(**standing)


def check_booked(booked_on: date, today: date) -> None:
    """Refuse money that is booked before it has moved. Raises `WrongEntry`."""
    if booked_on > today:
        message = Text("记账日不能在今天之后", "the day is not ahead")
        raise WrongEntry(errors=[FieldError("/booked_on", str(booked_on), message)])


def check_amount(amount: int, received: int) -> None:
    """Refuse an approval below what has already arrived. Raises `WrongFund`."""
    if amount < received:
        message = Text("不得低于已到账金额", "not below what has been received")
        raise WrongFund(errors=[FieldError("/amount_fen", amount, message)])


def check_earmark(category: str, within: Collection[str], granted: Collection[str]) -> None:
    """Refuse an earmark that does not hold what the money was promised for 专款专用.

    Lifted for one promise and set again it would bind nobody. Raises `WrongFund`.
    """
    if strange := [each for each in granted if each not in within]:
        listed = ", ".join(strange)
        message = Text(
            f"须包含已有资助的服务类别（{listed}）；请改用其共同上级类别，或不限定类别",
            f"must hold the categories of its grants ({listed}); take one above them, or none",
        )
        raise WrongFund(errors=[FieldError("/category", category, message)])


def check_grant(
    *,
    is_to_somebody: bool,
    period: tuple[date, date],
    fund_period: tuple[date, date],
    is_earmark_kept: bool,
    is_of_concession: bool,
) -> None:
    """Refuse a promise to nobody, outside the fund's days, for what it is not earmarked for, or
    under a concession of another venue or operator: its account would tell of strange money.

    Raises `WrongGrant` with every fault.
    """
    faults = []
    if not is_to_somebody:
        message = Text("须填写受助机构或载体", "an organisation or a venue is needed")
        faults.append(FieldError("/recipient_id", None, message))
    if period[0] < fund_period[0] or period[1] > fund_period[1]:
        message = Text("资助期限须在资金期限之内", "lies within the days of the fund")
        faults.append(FieldError("/valid_to", str(period[1]), message))
    if not is_earmark_kept:
        message = Text("该资金专款专用，不含此类服务", "the fund is earmarked for something else")
        faults.append(FieldError("/category", None, message))
    if not is_of_concession:
        message = Text(
            "该经营授权属于其他载体或经营单位", "the concession is of another venue or operator"
        )
        faults.append(FieldError("/concession_id", None, message))
    if faults:
        raise WrongGrant(errors=faults)
