"""Codes of government-service items 事项: kept as given, checked for length only.

GB/T 39554.1-2020 defines their inside, but its text is not open; parsing them would be guessing.
"""

from typing import Final

from common.codes.wrong import WrongCode
from common.errors import Text

CATALOG_CODE_LENGTH: Final = 12  # 基本编码; reference/china.md 1.2
TASK_CODE_LENGTH: Final = 36  # 实施编码, the width used by systems that report nationally


class WrongItemCode(WrongCode):
    """A code that does not fit where the national platform keeps it."""

    slug = "wrong-item-code"
    title = Text("事项编码有误", "Wrong item code")


def check_catalog_code(code: str) -> str:
    """The basic code 基本编码, when it is 1 to 12 printable ASCII characters."""
    return _fitting(code, CATALOG_CODE_LENGTH, Text("基本编码", "A catalogue code"))


def check_task_code(code: str) -> str:
    """The implementation code 实施编码, when it is 1 to 36 printable ASCII characters."""
    return _fitting(code, TASK_CODE_LENGTH, Text("实施编码", "A task code"))


def _fitting(code: str, longest: int, name: Text) -> str:
    if 0 < len(code) <= longest and code.isascii() and code.isprintable() and " " not in code:
        return code
    raise WrongItemCode(
        Text(
            f"{name.zh}应为 1 至 {longest} 位字母、数字或符号，不含空格，现为 {len(code)} 位。",
            f"{name.en} has 1 to {longest} ASCII characters without spaces, not {len(code)}.",
        )
    )
