"""Notices that arrange holidays and make-up days, as dated data with their source.

One file a notice. A yearly notice settles its year (and the days of December before it that it
names); an amendment changes single days of a year and settles none.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from common.errors import Invalid, Text


class WrongNotice(Invalid):
    """A notice that contradicts itself or lacks a part."""

    slug = "wrong-holiday-notice"
    title = Text("节假日安排有误", "Wrong holiday notice")
    detail = Text("{reason}", "{reason}")

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(reason=Text(zh, en))


class Confidence(StrEnum):
    """How well the number and the days of a notice are known."""

    VERIFIED = "verified"  # read in the official text, by the person in `verified_by`
    SECONDARY = "secondary"  # several independent sources agree
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Holiday:
    """A run of days off, both ends included."""

    name: str
    first: date
    last: date

    def days(self) -> list[date]:
        """Every day of it."""
        return [self.first + timedelta(n) for n in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class Notice:
    """What one notice arranges. `year` is None for an amendment."""

    title: str
    holidays: tuple[Holiday, ...]
    working: frozenset[date]
    year: int | None = None
    document: str | None = None
    issued_on: date | None = None
    confidence: Confidence = Confidence.UNVERIFIED
    verified_by: str = ""

    def __post_init__(self) -> None:
        """Refuse a notice that could not have been issued."""
        off = [day for holiday in self.holidays for day in holiday.days()]
        if not self.title or any(holiday.last < holiday.first for holiday in self.holidays):
            raise WrongNotice(
                "缺少文件名称，或放假起止日期颠倒。",
                "The title is missing, or a holiday ends before it begins.",
            )
        if len(off) != len(set(off)) or self.working & set(off):
            raise WrongNotice(
                "同一天被重复安排，或既放假又上班。",
                "A day is arranged twice, or is both off and worked.",
            )
        if not all(self._may_arrange(day) for day in (*off, *self.working)):
            raise WrongNotice(
                f"安排了 {self.year} 年以外的日期。", f"Days outside the year {self.year}."
            )
        if ordinary := sorted(day for day in self.working if day.weekday() < 5):
            raise WrongNotice(
                f"{ordinary[0]} 本就是工作日，不能作为调休上班日。",
                f"{ordinary[0]} is a weekday and needs no make-up.",
            )

    def _may_arrange(self, day: date) -> bool:
        """In the year, or in the December before it, where New Year's bridge reaches back."""
        if self.year is None or day.year == self.year:
            return True
        return (day.year, day.month) == (self.year - 1, 12)


def read_notice(text: str) -> Notice:
    """A notice from the text of its TOML file."""
    try:
        return _notice(tomllib.loads(text))
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise WrongNotice(
            f"无法读取节假日安排：{fault}。", f"The notice cannot be read: {fault}."
        ) from None


@cache
def packaged_notices() -> tuple[Notice, ...]:
    """The notices that come with this release, 2004 to 2026, yearly ones first."""
    folder = files(__package__).joinpath("notices")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple(read_notice(folder.joinpath(name).read_text(encoding="utf-8")) for name in names)


def _notice(fields: Mapping[str, Any]) -> Notice:
    return Notice(
        title=fields["title"],
        holidays=tuple(Holiday(**holiday) for holiday in fields["holidays"]),
        working=frozenset(fields["working"]),
        year=fields.get("year"),
        document=fields.get("document"),
        issued_on=fields.get("issued_on"),
        confidence=Confidence(fields.get("confidence", "unverified")),
        verified_by=fields.get("verified_by", ""),
    )
