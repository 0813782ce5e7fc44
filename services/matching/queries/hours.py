"""What feeds told of where offerings happen: their hours, their venues', and what venues offer.

A venue's hours count where the offering has none of its own, or happens on site alone; what the
release before took over says nothing of how it reaches people, and is on site.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.hours import OpeningHours
from common.contracts.vocabulary import Channel
from matching import tables
from matching.domain.opening import Hours

_ONLY_THERE: Final = [Channel.ON_SITE.value]
# Of `s`, a row of supply.
COUNT_THERE: Final = "(s.schedule IS NULL OR s.channels IS NULL OR s.channels = ARRAY['on_site'])"
COMES: Final = "coalesce(s.channels && ARRAY['at_home', 'online'], false)"
_IS_SHUT: Final = (
    "EXISTS (SELECT FROM mirrored v WHERE v.kind = 'venue' AND v.record_id = s.venue_id"
    " AND v.state ->> 'status' <> 'active')"
)
HAS_PLACE: Final = f"({COMES} OR NOT {_IS_SHUT})"
_THERE: Final = text(
    "SELECT record_id, state -> 'accessibility' AS features,"
    " coalesce(state ->> 'status', 'active') = 'active' AS stands"
    " FROM mirrored WHERE kind = 'venue' AND record_id = ANY(:ids)"
)
_HOURS: Final = text(
    "SELECT record_id, state ->> 'opening_hours' AS hours FROM mirrored WHERE kind = 'venue'"
    " AND record_id = ANY(:ids)"
)


async def of(session: AsyncSession, supplies: Sequence[tables.Supply]) -> list[Hours]:
    """The hours of some offerings, in their order."""
    there = [_venue(each) for each in supplies]
    rows = await session.execute(_HOURS, {"ids": [each for each in there if each]})
    venues: dict[UUID | None, str | None] = {row.record_id: row.hours for row in rows}
    return [
        told(each.schedule, venues.get(venue)) for each, venue in zip(supplies, there, strict=True)
    ]


class There(NamedTuple):
    """A venue, as far as it matters who can be sent there."""

    features: Sequence[str] = ()  # what it offers to whom steps are too high
    stands: bool = True  # or is not known here


async def venues(session: AsyncSession, supplies: Sequence[tables.Supply]) -> list[There]:
    """The venues of some offerings, in their order."""
    ids = [each.venue_id for each in supplies if each.venue_id is not None]
    rows = await session.execute(_THERE, {"ids": ids})
    known: dict[UUID | None, There] = {
        row.record_id: There(row.features or (), row.stands) for row in rows
    }
    return [known.get(each.venue_id, There()) for each in supplies]


def told(own: str | None, venue: str | None) -> Hours:
    """Hours from how they were told."""
    return Hours(*(None if each is None else _read(each) for each in (own, venue)))


def _venue(supply: tables.Supply) -> UUID | None:
    """The venue whose hours count."""
    is_only_there = (supply.channels or _ONLY_THERE) == _ONLY_THERE
    return supply.venue_id if supply.schedule is None or is_only_there else None


@lru_cache(maxsize=4096)
def _read(hours: str) -> OpeningHours:
    return OpeningHours.model_validate_json(hours)
