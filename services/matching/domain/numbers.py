"""Which records of the matching carry a number that people tell each other."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from common.codes.spoken import spoken


class Numbered(StrEnum):
    """What carries such a number, by its first two letters."""

    NEED = "XQ"  # 需求
    REFERRAL = "ZJ"  # 转介
    CASE_PLAN = "GA"  # 个案
    COLLECTIVE_NEED = "GX"  # 共性需求


def number(kind: Numbered, day: date, record_id: UUID) -> str:
    """The number of a record."""
    return spoken(kind, day, record_id)
