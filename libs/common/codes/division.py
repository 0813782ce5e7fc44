"""Division codes 统计用区划代码: 12 digits, province 2, prefecture 2, district 2, town 3, 居村 3.

A division is known by its significant digits, and how many are significant follows from the level:
310110000000 (杨浦区) is 310110, so zeros are never stripped.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from common.codes.wrong import WrongCode
from common.errors import Text

_MUNICIPALITIES: Final = frozenset({"11", "12", "31", "50"})  # GB/T 2260: 北京 天津 上海 重庆
_SPANS: Final = ((0, 2), (2, 4), (4, 6), (6, 9), (9, 12))
_ENDS: Final = tuple(end for _, end in _SPANS)


class Level(StrEnum):
    """How deep a code reaches. `AGGREGATE` (市辖区, 县) only gathers districts: it is no level."""

    CITY = "city"
    PREFECTURE = "prefecture"
    AGGREGATE = "aggregate"
    DISTRICT = "district"
    TOWN = "town"
    NEIGHBOURHOOD = "neighbourhood"


class WrongDivisionCode(WrongCode):
    """Digits that name no place in the order of divisions."""

    slug = "wrong-division-code"
    title = Text("区划代码有误", "Wrong division code")


@dataclass(frozen=True, slots=True, order=True)
class Division:
    """A place in the tree of divisions. Knows its code alone, not whether the place exists."""

    code: str

    @classmethod
    def parse(cls, code: str) -> "Division":
        """The division of a 12-digit code.

        Source: the statistics bureau's 《统计用区划代码和城乡划分代码编制规则》.
        """
        if len(code) != 12 or not code.isascii() or not code.isdigit():
            raise WrongDivisionCode(
                Text(
                    f"区划代码应为 12 位数字，现为“{code[:20]}”。",
                    f'A division code has 12 digits, not "{code[:20]}".',
                )
            )
        if code[:2] == "00" or _has_gap(code):
            raise WrongDivisionCode(
                Text(f"区划代码 {code} 缺少中间层级。", f"Division code {code} skips a level.")
            )
        return cls(code)

    @classmethod
    def from_short(cls, short: str) -> "Division":
        """The division of 2, 4, 6, 9 or 12 significant digits."""
        if len(short) not in _ENDS:
            raise WrongDivisionCode(
                Text(
                    f"区划前缀应为 2、4、6、9 或 12 位数字，现为“{short[:20]}”。",
                    f'A division prefix has 2, 4, 6, 9 or 12 digits, not "{short[:20]}".',
                )
            )
        division = cls.parse(short.ljust(12, "0"))
        if division.short != short:
            raise WrongDivisionCode(
                Text(
                    f"区划前缀 {short} 的末级不能为零。",
                    f"Prefix {short} ends in a level of zeros.",
                )
            )
        return division

    @property
    def short(self) -> str:
        """The significant digits: 2, 4, 6, 9 or 12 of them."""
        return self.code[: _filled(self.code)[-1]]

    @property
    def level(self) -> Level:
        """The level the code reaches; `AGGREGATE` for a municipality's 市辖区 and 县 rows."""
        digits = len(self.short)
        if _is_aggregate(self.code, digits):
            return Level.AGGREGATE
        return {
            2: Level.CITY,
            4: Level.PREFECTURE,
            6: Level.DISTRICT,
            9: Level.TOWN,
            12: Level.NEIGHBOURHOOD,
        }[digits]

    @property
    def is_aggregate(self) -> bool:
        """Whether the row only sums up districts."""
        return self.level is Level.AGGREGATE

    @property
    def ancestors(self) -> tuple["Division", ...]:
        """The divisions above, from the province down, without aggregates."""
        above = [end for end in _filled(self.code)[:-1] if not _is_aggregate(self.code, end)]
        return tuple(Division(self.code[:end].ljust(12, "0")) for end in above)

    @property
    def parent(self) -> "Division | None":
        """The next division above that is a level, or None at the top."""
        above = self.ancestors
        return above[-1] if above else None

    @property
    def kind(self) -> str:
        """What the place is called by law, as far as the number ranges tell (GB/T 10114-2003)."""
        match self.level:
            case Level.TOWN:
                return _within(int(self.code[6:9]), _TOWN_KINDS)
            case Level.NEIGHBOURHOOD:
                return _within(int(self.code[9:12]), _NEIGHBOURHOOD_KINDS)
            case level:
                return {"aggregate": "市辖区汇总码", "district": "区"}.get(level, "市")

    def contains(self, other: "Division") -> bool:
        """Whether `other` is this division or lies under it. Aggregates hold districts."""
        return other.code.startswith(self.short)


# The first number of each range; 498 and 598 are virtual units without residents of their own.
_TOWN_KINDS: Final = ((1, "街道"), (100, "镇"), (200, "乡"), (400, "类似乡级单位"))
_NEIGHBOURHOOD_KINDS: Final = (
    (1, "居委会"),
    (200, "村委会"),
    (400, "类似居委会"),
    (498, "虚拟单元"),
    (499, "类似居委会"),
    (500, "类似村委会"),
    (598, "虚拟单元"),
    (599, "类似村委会"),
)


def _within(number: int, kinds: tuple[tuple[int, str], ...]) -> str:
    return next(kind for first, kind in reversed(kinds) if number >= first)


def _filled(code: str) -> list[int]:
    """At which digits the levels end that are not empty."""
    return [end for start, end in _SPANS if code[start:end].strip("0")]


def _is_aggregate(code: str, end: int) -> bool:
    """Whether the level that ends there only sums up districts."""
    return end == 4 and code[:2] in _MUNICIPALITIES


def _has_gap(code: str) -> bool:
    """Whether a filled level lies under an empty one.

    A prefecture without districts has its towns straight under it (441900003000, 东莞).
    """
    filled = _filled(code)
    prefecture, district, town, neighbourhood = (end in filled for end in _ENDS[1:])
    without_district = prefecture and code[:2] not in _MUNICIPALITIES
    return (
        (district and not prefecture)
        or (town and not district and not without_district)
        or (neighbourhood and not town)
    )
