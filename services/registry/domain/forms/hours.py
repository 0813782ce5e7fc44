"""Opening hours as staff write them in one cell, and back.

`周一至周五 09:00-11:30,13:00-17:00；周六 09:00-12:00；节假日 休息；调休日 按周一；2026-10-01 休息`.
Pure. The order of the parts does not matter; what is not said is closed.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from common.contracts.registry.hours import HolidayRule, OpeningHours
from common.errors import Text
from common.tabular.cells import BadCell, CellFault
from common.tabular.parsers import iso_date, narrow
from registry.domain import opening

_NAMES: Final = "一二三四五六日"
_PARTS = re.compile(r"[;；\n]+")
_STRETCH = re.compile(r"(\d{1,2})[:：](\d{2})\s*(?:-|–|—|~|～|至|到)\s*(\d{1,2})[:：](\d{2})")
_BETWEEN = re.compile(r"[\s,，、和及]*")
_DAY = r"(?:周|星期|礼拜)"
_RANGE = re.compile(rf"{_DAY}([一二三四五六日天])(?:至|到|-|–|—|~|～){_DAY}?([一二三四五六日天])")
_SINGLE = re.compile(rf"{_DAY}([一二三四五六日天]+)")
_HOLIDAY = re.compile(r"(?:法定)?节假日|公众假期|节日")
_MAKEUP = re.compile(r"调休(?:上班|工作)?日|补班日")
_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{8}(?!\d)")
_NOTE = re.compile(r"[(（]([^()（）]{1,100})[)）]\s*$")
_CLOSED: Final = frozenset({"休息", "关闭", "不开放", "闭馆", "休", "无"})
_GROUPS: Final[Mapping[str, tuple[int, ...]]] = {
    "每天": (1, 2, 3, 4, 5, 6, 7),
    "每日": (1, 2, 3, 4, 5, 6, 7),
    "全周": (1, 2, 3, 4, 5, 6, 7),
    "工作日": (1, 2, 3, 4, 5),
    "周末": (6, 7),
    "双休日": (6, 7),
}
Stretch = dict[str, str]

_REMEDY: Final = Text(
    "按“周一至周五 09:00-11:30,13:00-17:00；周六 09:00-12:00；节假日 休息”的样式填写",
    "Write it like 周一至周五 09:00-11:30,13:00-17:00；周六 09:00-12:00；节假日 休息",
)


def parse_hours(cell: str) -> dict[str, Any]:
    """The hours of one cell, as JSON of the contract, in one canonical form."""
    made: dict[str, Any] = {"days": {}, "exceptions": []}
    for part in _PARTS.split(cell):
        if part.strip():
            _take(made, part.strip())
    if not made["days"] and not made["exceptions"]:
        raise _unclear(cell)
    raw = {
        "weekly": grouped(made["days"]),
        "on_holiday": made.get("on_holiday", HolidayRule.CLOSED),
        "holiday_hours": made.get("holiday_hours", []),
        "makeup_as_weekday": made.get("makeup_as_weekday", 1),
        "exceptions": sorted(made["exceptions"], key=lambda row: str(row["on"])),
    }
    try:
        hours = OpeningHours.model_validate(raw)
    except ValidationError:
        raise _unclear(cell) from None
    for fault in opening.faults(hours):
        raise BadCell(CellFault("cell-wrong-hours", _about(fault.value, fault.message), _REMEDY))
    return hours.model_dump(mode="json")


def grouped(days: Mapping[int, list[Stretch]]) -> list[dict[str, Any]]:
    """Weekdays with their stretches as rows: days that share all stretches stand together."""
    together: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for day in sorted(days):
        stretches = tuple(sorted((each["opens"], each["closes"]) for each in days[day]))
        if stretches:
            together.setdefault(stretches, []).append(day)
    return [
        {"weekdays": weekdays, "opens": opens, "closes": closes}
        for stretches, weekdays in together.items()
        for opens, closes in stretches
    ]


def show_hours(hours: Mapping[str, Any]) -> str:
    """The inverse of `parse_hours`."""
    days: dict[int, list[Stretch]] = {}
    for row in hours["weekly"]:
        for day in row["weekdays"]:
            days.setdefault(day, []).append({"opens": row["opens"], "closes": row["closes"]})
    shared: dict[tuple[int, ...], list[Stretch]] = {}
    for row in grouped(days):
        shared.setdefault(tuple(row["weekdays"]), []).append(row)
    parts = [f"{_show_days(weekdays)} {_show_times(rows)}" for weekdays, rows in shared.items()]
    match hours.get("on_holiday"):
        case HolidayRule.OWN_HOURS:
            parts.append(f"节假日 {_show_times(hours['holiday_hours'])}")
        case HolidayRule.AS_SUNDAY:
            parts.append("节假日 按周日")
        case _:
            parts.append("节假日 休息")
    makeup = hours.get("makeup_as_weekday")
    if makeup != 1:
        parts.append("调休日 休息" if makeup is None else f"调休日 按周{_NAMES[makeup - 1]}")
    parts += [_show_exception(row) for row in hours.get("exceptions", [])]
    return "；".join(parts)


def _take(made: dict[str, Any], part: str) -> None:
    """Add one part to what was read so far."""
    note = _NOTE.search(part)
    body = part[: note.start()].strip() if note else part
    if found := _DATE.match(body):
        row = {"on": iso_date(found.group()), "hours": _times(body[found.end() :], part)}
        made["exceptions"].append({**row, "note": note.group(1) if note else None})
    elif found := _HOLIDAY.match(body):
        _holiday(made, body[found.end() :].strip(), part)
    elif found := _MAKEUP.match(body):
        made["makeup_as_weekday"] = _as_weekday(body[found.end() :].strip(), part)
    else:
        days, rest = _weekdays(body, part)
        for day in days:
            made["days"].setdefault(day, []).extend(_times(rest, part))


def _holiday(made: dict[str, Any], rest: str, part: str) -> None:
    if rest in {"按周日", "同周日", "按星期日"}:
        made["on_holiday"] = HolidayRule.AS_SUNDAY
        return
    times = _times(rest, part)
    made["on_holiday"] = HolidayRule.OWN_HOURS if times else HolidayRule.CLOSED
    made["holiday_hours"] = sorted(times, key=lambda each: each["opens"])


def _as_weekday(rest: str, part: str) -> int | None:
    if rest in _CLOSED:
        return None
    found = re.fullmatch(rf"[按同]{_DAY}([一二三四五六日天])", rest)
    if found is None:
        raise _unclear(part)
    return _number(found.group(1))


def _weekdays(body: str, part: str) -> tuple[list[int], str]:
    """The weekdays that a part begins with, and what follows them."""
    days: list[int] = []
    rest = body
    while rest:
        group = next((name for name in _GROUPS if rest.startswith(name)), None)
        if group is not None:
            days += _GROUPS[group]
            rest = rest[len(group) :]
        elif found := _RANGE.match(rest):
            first, last = _number(found[1]), _number(found[2])
            days += (
                range(first, last + 1) if first <= last else [*range(first, 8), *range(1, last + 1)]
            )
            rest = rest[found.end() :]
        elif found := _SINGLE.match(rest):
            days += [_number(name) for name in found[1]]
            rest = rest[found.end() :]
        else:
            break
        rest = rest[_gap(rest) :]
    if not days:
        raise _unclear(part)
    return sorted(set(days)), rest


def _gap(rest: str) -> int:
    found = _BETWEEN.match(rest)
    return found.end() if found else 0


def _times(rest: str, part: str) -> list[Stretch]:
    """The stretches of a day; none when it says closed."""
    plain = rest.strip(" :：")
    if plain in _CLOSED:
        return []
    if plain in {"全天", "24小时"}:
        return [{"opens": "00:00", "closes": "24:00"}]
    plain = narrow(plain)
    left = _BETWEEN.sub("", _STRETCH.sub("", plain))
    found = _STRETCH.findall(plain)
    if left or not found:
        raise _unclear(part)
    return [{"opens": f"{a:0>2}:{b}", "closes": f"{c:0>2}:{d}"} for a, b, c, d in found]


def _number(name: str) -> int:
    return 7 if name == "天" else _NAMES.index(name) + 1


def _show_days(weekdays: Iterable[int]) -> str:
    days = list(weekdays)
    if days == list(range(1, 8)):
        return "每天"
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"周{_NAMES[days[0] - 1]}至周{_NAMES[days[-1] - 1]}"
    return "、".join(f"周{_NAMES[day - 1]}" for day in days)


def _show_times(rows: Iterable[Mapping[str, str]]) -> str:
    shown = ",".join(f"{row['opens']}-{row['closes']}" for row in rows)
    return shown or "休息"


def _show_exception(row: Mapping[str, Any]) -> str:
    day = row["on"].isoformat() if isinstance(row["on"], date) else row["on"]
    note = f"（{row['note']}）" if row.get("note") else ""
    return f"{day} {_show_times(row['hours'])}{note}"


def _unclear(part: str) -> BadCell:
    told = Text(f"看不懂的开放时间“{part[:40]}”", f"Hours that cannot be read: {part[:40]}")
    return BadCell(CellFault("cell-unclear-hours", told, _REMEDY))


def _about(value: object, message: Text) -> Text:
    return Text(f"{value}：{message.zh}", f"{value}: {message.en}")
