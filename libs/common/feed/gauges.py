"""What operators see of the feeds: read from the tables when Prometheus asks."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.datastructures import State

from common.metrics import Reading, gauges_of

_FEEDS: Final = gauges_of(
    "SELECT h.kind, h.last_number AS feed_last_number,"
    " extract(epoch FROM h.epoch_at) AS feed_epoch_began_timestamp_seconds,"
    " coalesce(w.waiting, 0) AS feed_waiting,"
    " coalesce(extract(epoch FROM now() - w.since), 0) AS feed_oldest_waiting_seconds,"
    " coalesce(p.parked, 0) AS feed_parked"
    " FROM feed_head h"
    " LEFT JOIN (SELECT kind, count(*) AS waiting, min(marked_at) AS since FROM feed_outbox"
    "  GROUP BY kind) w USING (kind)"
    " LEFT JOIN (SELECT kind, count(*) AS parked FROM feed_parked GROUP BY kind) p USING (kind)",
    "kind",
)
_FOLLOWED: Final = gauges_of(
    "SELECT source, position AS feed_followed_position, generation AS feed_followed_generation,"
    " extract(epoch FROM now() - moved_at) AS feed_followed_age_seconds FROM feed_cursor",
    "source",
)
_SOURCES: Final[tuple[Callable[[State], Awaitable[list[Reading]]], ...]] = (_FEEDS, _FOLLOWED)


async def feed_gauges(state: State) -> list[Reading]:
    """Own feeds (position, waiting marks, parked records), followed feeds, and long polls."""
    found = [reading for source in _SOURCES for reading in await source(state)]
    return [*found, Reading("feed_long_polls", state.waiters.waiting, {})]
