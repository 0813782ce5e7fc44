"""The one place where the platform reads the clock. Instants are aware and UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    """This instant. Only edges and workers call it; rules take `now` as an argument."""
    return datetime.now(UTC)  # noqa: TID251 - the edge that provides `now`


def city_day(at: datetime) -> date:
    """The calendar day in the city at an instant."""
    return at.astimezone(CITY_ZONE).date()


def day_end(day: date) -> datetime:
    """The first instant after a day in the city."""
    return datetime.combine(day + timedelta(days=1), time(), CITY_ZONE).astimezone(UTC)
