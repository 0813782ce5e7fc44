"""What staff see of personal data until they unmask it. Pure; works on any text, never raises."""

import re
from typing import Final

STAR: Final = "*"

# The commonest two-character surnames; a wrong guess shows one character more of a given name.
_COMPOUND: Final = frozenset(
    re.findall(
        "..",
        "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳"
        "公冶太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于司空令狐",
    )
)


def name(value: str) -> str:
    """The surname, then stars: 张三 → 张*, 欧阳娜娜 → 欧阳**; a single character is a star."""
    kept = 2 if len(value) > 2 and value[:2] in _COMPOUND else 1
    if len(value) <= 1:
        return STAR * len(value)
    return value[:kept] + STAR * (len(value) - kept)


def resident_id(value: str) -> str:
    """The division's first three digits and the last two: 310***********14."""
    return _middle(value, 3, 2)


def phone(value: str) -> str:
    """A mobile keeps three and four digits, 138****8000; shorter numbers keep the last two."""
    return _middle(value, 3, 4) if len(value) >= 11 else _middle(value, 0, 2)


def address(value: str) -> str:
    """The first six characters, which name district and street at most."""
    return _middle(value, 6, 0)


def _middle(value: str, head: int, tail: int) -> str:
    """Stars in the middle; a value too short to hide anything is all stars."""
    if len(value) < head + tail + 3:
        return STAR * len(value)
    return value[:head] + STAR * (len(value) - head - tail) + value[len(value) - tail :]
