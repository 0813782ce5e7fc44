"""Columns of opening hours: the value as given, and what an index and one predicate need of it.

Times become minutes on two axes, see `common.opening`: a typical week with two extra days
(public holiday, make-up day), and minutes of dated exceptions counted from 2000-01-01.
"""

from datetime import date
from typing import Any

from sqlalchemy import Date
from sqlalchemy.dialects.postgresql import ARRAY, INT4MULTIRANGE, JSONB, Range
from sqlalchemy.orm import Mapped, mapped_column


class Opens:
    """Mixin: when a row's thing is open. All four are written together, from one value."""

    hours: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB(none_as_null=True), comment="开放时间（原样）；空为未知", sort_order=80
    )
    open_minutes: Mapped[list[Range[int]] | None] = mapped_column(
        INT4MULTIRANGE, comment="典型周开放分钟：周一至周日、节假日、调休日共 9 天", sort_order=81
    )
    exception_days: Mapped[list[date] | None] = mapped_column(
        ARRAY(Date), comment="另行规定的日期", sort_order=82
    )
    exception_minutes: Mapped[list[Range[int]] | None] = mapped_column(
        INT4MULTIRANGE, comment="另行规定日期的开放分钟，自 2000-01-01 起算", sort_order=83
    )
