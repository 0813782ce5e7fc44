"""Which records of the feedback carry a number that people tell each other."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from common.codes.spoken import spoken


class Numbered(StrEnum):
    """What carries such a number, by its first two letters."""

    CASE = "GD"  # 工单
    SUPERVISION = "DB"  # 督办
    ISSUE = "KB"  # 跨部门议题
    PROPOSAL = "TA"  # 提案
    VOTE = "PJ"  # 票决
    AGENDA = "YC"  # 共治议题清单
    RESOLUTION = "JY"  # 议事决议


def number(kind: Numbered, day: date, record_id: UUID) -> str:
    """The number of a record."""
    return spoken(kind, day, record_id)
