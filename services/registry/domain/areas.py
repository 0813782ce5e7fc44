"""Areas: which may hold which, and how a path is told. Pure; dates are days in the city."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from common.codes import Division, Level
from common.contracts.registry.areas import AreaKind as Kind
from common.errors import Conflict, FieldError, Invalid, Text

LEVEL_OF: Final[Mapping[Level, tuple[Kind, int | None]]] = {
    Level.CITY: (Kind.CITY, 1),
    Level.DISTRICT: (Kind.DISTRICT, 2),
    Level.TOWN: (Kind.TOWN, 3),
    Level.NEIGHBOURHOOD: (Kind.NEIGHBOURHOOD, 4),
    Level.AGGREGATE: (Kind.AGGREGATE, None),
}

# What an area may contain beyond the code tree: 小区 in 居村, 居村 in a grid, and so on upwards.
MAY_HOLD: Final[Mapping[Kind, frozenset[Kind]]] = {
    Kind.CITY: frozenset(),
    Kind.AGGREGATE: frozenset(),
    Kind.DISTRICT: frozenset(),
    Kind.TOWN: frozenset(),
    Kind.ESTATE: frozenset(),
    Kind.NEIGHBOURHOOD: frozenset({Kind.ESTATE}),
    Kind.GRID: frozenset({Kind.NEIGHBOURHOOD, Kind.ESTATE, Kind.GRID}),
    Kind.CATCHMENT: frozenset({Kind.TOWN, Kind.NEIGHBOURHOOD, Kind.GRID, Kind.ESTATE}),
    Kind.SECTOR: frozenset(
        {Kind.TOWN, Kind.NEIGHBOURHOOD, Kind.CATCHMENT, Kind.GRID, Kind.ESTATE, Kind.SECTOR}
    ),
}

KIND_NAMES: Final[Mapping[Kind, Text]] = {
    Kind.CITY: Text("市", "city"),
    Kind.DISTRICT: Text("区", "district"),
    Kind.TOWN: Text("街镇", "town"),
    Kind.NEIGHBOURHOOD: Text("居村", "neighbourhood"),
    Kind.AGGREGATE: Text("市辖区汇总", "aggregate"),
    Kind.GRID: Text("网格", "grid"),
    Kind.ESTATE: Text("小区", "estate"),
    Kind.CATCHMENT: Text("服务圈", "catchment"),
    Kind.SECTOR: Text("片区", "sector"),
}


class AreaCannotHold(Invalid):
    """An area of this kind does not contain areas of that kind."""

    slug = "area-cannot-hold"
    title = Text("类型不可包含", "Kinds do not fit")
    detail = Text("{holder}不能包含{member}。", "A {holder} cannot contain a {member}.")


class AreaCycle(Conflict):
    """The member contains, directly or through others, the area that should contain it."""

    slug = "area-cycle"
    title = Text("片区循环包含", "Areas would contain each other")
    detail = Text(
        "“{member}”已（直接或间接）包含“{holder}”，不能再被其包含。",
        "{member} already contains {holder}, directly or through others.",
    )


class MemberOverlaps(Conflict):
    """The area holds the member already on some of the days."""

    slug = "member-overlaps"
    title = Text("包含时段重叠", "Memberships overlap")
    detail = Text(
        "在部分日期已包含该区划，请先结束原关系或调整起止。",
        "It holds that area already on some of these days; end that first or change the days.",
    )


class AreaCodeTaken(Conflict):
    """Another area that stands has the code."""

    slug = "area-code-taken"
    title = Text("区划代码已使用", "Area code taken")
    detail = Text("已有现存区划使用该代码。", "Another present area has this code.")


class MemberOutside(Invalid):
    """The member lies outside the division in which the containing area lies."""

    slug = "member-outside"
    title = Text("成员不在所在区划内", "Member lies outside")
    detail = Text(
        "“{member}”不在“{holder}”所在区划 {prefix} 内；跨界片区请建在共同的上级区划下。",
        "{member} lies outside {prefix}, where {holder} is; put it where both are.",
    )


class WrongPeriod(Invalid):
    """A period that ends before it begins, or outside the life of its area."""

    slug = "wrong-period"
    title = Text("起止日期有误", "Wrong period")


class DivisionsComeByEdition(Conflict):
    """Names and codes of divisions are not edited by hand."""

    slug = "divisions-come-by-edition"
    title = Text("区划由版本导入维护", "Divisions come with an edition")
    detail = Text(
        "区划的{field}以官方名录为准，请通过导入区划新版本更改。",
        "The {field} of a division comes with an edition of the official list; import one.",
    )


def kind_of(code: str) -> tuple[Kind, int | None]:
    """Kind and level of a division by its code. Raises `WrongDivisionCode`."""
    return LEVEL_OF[Division.parse(code).level]


def may_hold(holder: str, member: str) -> None:
    """Refuse a membership between kinds that do not contain each other."""
    if Kind(member) not in MAY_HOLD[Kind(holder)]:
        raise AreaCannotHold(holder=KIND_NAMES[Kind(holder)], member=KIND_NAMES[Kind(member)])


def path_of(parent_path: str | None, name: str) -> str:
    """Full path of an area: the names from the city down, with `/` between."""
    return f"{parent_path}/{name}" if parent_path else name


def check_period(valid_from: date, valid_to: date | None, *, pointer: str = "/valid_to") -> None:
    """Refuse a period that does not run forward; the end is exclusive."""
    if valid_to is not None and valid_to <= valid_from:
        message = Text(f"须晚于起始日期 {valid_from}", f"must be after the first day, {valid_from}")
        raise WrongPeriod(errors=[FieldError(pointer, str(valid_to), message)])


def check_past(day: date | None, today: date, *, pointer: str) -> None:
    """Refuse a day after `today`: an area as stored is the area as it stands."""
    if day is not None and day > today:
        message = Text(f"不能晚于 {today}", f"must not be after {today}")
        raise WrongPeriod(errors=[FieldError(pointer, str(day), message)])
