"""Money: whole fen in, words out. Never a float; CNY only."""

import re
import unicodedata
from typing import Final

from common.errors import Invalid, Text

LARGEST_FEN: Final = 2**63 - 1  # what a BIGINT holds
_LONGEST: Final = 64  # characters; no amount is longer
_UNITS: Final = {"": 1, "元": 1, "圆": 1, "块": 1, "万": 10_000, "万元": 10_000, "亿": 100_000_000}
_AMOUNT: Final = re.compile(
    r"(?P<sign>-?)(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<unit>[元圆块万亿]*)",
    re.ASCII,
)


class WrongAmount(Invalid, ValueError):
    """Text that is no amount of money, or not a whole number of fen."""

    slug = "wrong-amount"
    title = Text("金额有误", "Wrong amount")
    detail = Text("{reason}", "{reason}")

    def __init__(self, zh: str, en: str) -> None:
        self.text = Text(zh, en)
        super().__init__(reason=self.text)


def parse_fen(typed: str) -> int:
    """The amount in fen of a text in yuan, such as 12.5, ￥１，２００, 3.2万元 or 1.5亿元.

    Exact: what is finer than a fen is refused, not rounded.
    """
    plain = "".join(unicodedata.normalize("NFKC", typed).split())
    plain = re.sub(r"^(-?)(?:[¥￥]|RMB|CNY|人民币)", r"\1", plain, flags=re.IGNORECASE)
    found = _AMOUNT.fullmatch(plain) if len(plain) <= _LONGEST else None
    unit = _UNITS.get(found["unit"].replace("亿元", "亿")) if found else None
    if found is None or unit is None:
        raise WrongAmount(
            f"“{typed[:30]}”不是金额：请填以元为单位的数字，如 12.50 或 3.2万元。",
            f'"{typed[:30]}" is no amount: give yuan, such as 12.50 or 3.2万元.',
        )
    whole, _, fraction = found["number"].replace(",", "").partition(".")
    scale = int("1" + "0" * len(fraction))
    fen, finer = divmod(int(whole + fraction) * unit * 100, scale)
    if finer:
        raise WrongAmount(f"“{typed[:30]}”不足一分。", f'"{typed[:30]}" is finer than a fen.')
    if fen > LARGEST_FEN:
        raise WrongAmount("金额过大。", "The amount is too large.")
    return -fen if found["sign"] else fen


def yuan(fen: int) -> str:
    """The amount in yuan with two decimals and no separators, for files and machines: 1234.50."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{rest:02d}"


def show_yuan(fen: int) -> str:
    """The amount as people read it: ￥1,234.50."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}￥{whole:,}.{rest:02d}"
