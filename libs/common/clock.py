"""The one place where the platform reads the clock. Instants are aware and UTC."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    """This instant. Only edges and workers call it; rules take `now` as an argument."""
    return datetime.now(UTC)  # noqa: TID251 - the edge that provides `now`


def city_day(at: datetime) -> date:
    """The calendar day in the city at an instant."""
    return at.astimezone(CITY_ZONE).date()
