"""What a case that comes in is judged by, in one round trip: rules, calendar, who may answer.

And whether what it names is there, as far as the registry's feeds have told. A mirror that has
nothing of a kind, or is being filled, knows less than there is: nothing is refused by it.

What was read of a town stays with the process until its edition is another one. Who can begin anew
is judged by that, without a round trip, and the database refuses the case where it holds no longer.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feeds import Kind
from common.ending import Value
from common.following import source_of
from common.straight import begins_anew, rows
from feedback.domain.routing import Answerers, above
from feedback.queries.ground import EDITION, Ground, standing_at

_ROUTING: Final = "(SELECT edition FROM routing_edition)"
_WORD: Final = (
    "FROM mirrored WHERE kind = 'dictionary_entry' AND state ->> 'dictionary' = 'service_category'"
)
_AREA: Final = "FROM mirrored WHERE kind = 'area'"
_VENUE: Final = "FROM mirrored WHERE kind = 'venue'"
_OF_TOWN: Final = "(area_code = ANY($2) OR area_code BETWEEN $3 AND $4)"
# Handed to the driver as it is: asked for each case that comes in. A whole record of the registry
# is long, and most of it says nothing here.
_STANDING: Final = f"""
WITH items AS MATERIALIZED (
  SELECT area_code, record_id AS id, state ->> 'handling_body_id' AS handling_body_id,
    state ->> 'responsible_department_id' AS responsible_department_id,
    state ->> 'valid_from' AS valid_from, state ->> 'valid_to' AS valid_to
  FROM mirrored
  WHERE kind = 'service_item' AND state ->> 'category' = $1 AND {_OF_TOWN}
    AND state ->> 'status' = 'published'
), bodies AS NOT MATERIALIZED (
  SELECT area_code, record_id AS id, state ->> 'name' AS name, state ->> 'line' AS line,
    state ->> 'kind' AS kind
  FROM mirrored WHERE kind = 'organisation' AND state ->> 'status' = 'active'
)
SELECT {EDITION}, {_ROUTING},
  (SELECT coalesce(jsonb_agg(items), '[]') FROM items),
  (SELECT coalesce(jsonb_object_agg(id, bodies), '{{}}') FROM bodies WHERE id IN (
     SELECT coalesce(handling_body_id, responsible_department_id)::uuid FROM items)),
  (SELECT to_jsonb(bodies) FROM bodies WHERE area_code = $3 AND kind = 'street'
   ORDER BY id LIMIT 1),
  CASE WHEN EXISTS (SELECT {_AREA}) THEN ARRAY(SELECT area_code {_AREA} AND {_OF_TOWN}) END,
  EXISTS (SELECT {_WORD} AND state ->> 'code' = $1 AND state ->> 'valid_to' IS NULL)
    OR NOT EXISTS (SELECT {_WORD}),
  $5::uuid IS NULL OR EXISTS (SELECT {_VENUE} AND record_id = $5) OR NOT EXISTS (SELECT {_VENUE})
"""
_FILLING: Final = (
    "SELECT source FROM feed_cursor WHERE source = ANY($1)"
    " AND (is_sweeping OR moved_at > now() - interval '1 minute')"
)
_NAMED: Final = {
    "category": Kind.DICTIONARY_ENTRY,
    "area_code": Kind.AREA,
    "venue_id": Kind.VENUE,
}
_STILL: Final = f"CASE WHEN {EDITION} = ? AND {_ROUTING} = ? THEN ? END"
_MOST: Final = 8_192  # towns, for each category; some 2 kB each

Stamp = tuple[UUID, UUID]
"""The editions of the ground and of what routing asks."""


class Standing(NamedTuple):
    """The present ground, who may answer for a category in an area, and what is not there.

    `as_of` is told where all this was read before: it may hold no longer.
    """

    ground: Ground
    answerers: Answerers
    unknown: Sequence[str] = ()
    as_of: Stamp | None = None

    def still(self, name: str, value: str) -> dict[str, Value]:
        """A column that may not be empty: it has its value only if what was read holds still."""
        return {name: Value(_STILL, (*self.as_of, value))} if self.as_of else {}


class _Town(NamedTuple):
    """Who may answer for a category in a town and its areas; these are None if no feed told any."""

    answerers: Answerers
    areas: frozenset[str] | None

    def knows(self, area_code: str) -> bool:
        return self.areas is None or area_code in self.areas


class _Kept:
    """What a process has read of one edition: of towns, for a category each."""

    def __init__(self) -> None:
        self._stamp: Stamp | None = None
        self._ground: Ground | None = None
        self._towns: dict[tuple[str, str], _Town] = {}

    def keep(self, stamp: Stamp, ground: Ground, place: tuple[str, str], town: _Town) -> None:
        """Keep a town whose category is there. Of another edition nothing is kept any longer."""
        if stamp != self._stamp or len(self._towns) >= _MOST:
            self._towns.clear()
        self._stamp, self._ground = stamp, ground
        self._towns[place] = town

    def standing(self, place: tuple[str, str], area_code: str) -> Standing | None:
        """What is kept of an area that is there; None: ask the database."""
        town = self._towns.get(place)
        if town is None or self._ground is None or not town.knows(area_code):
            return None
        return Standing(self._ground, town.answerers.within(area_code), as_of=self._stamp)


_KEPT: Final = _Kept()


async def standing(
    session: AsyncSession, category: str, area_code: str, venue_id: UUID | None = None
) -> Standing:
    """What a case of a category in an area stands on."""
    place = category, area_code[:9]
    if venue_id is None and begins_anew(session) and (kept := _KEPT.standing(place, area_code)):
        return kept
    first, last = place[1].ljust(12, "0"), place[1].ljust(12, "9")
    asked = category, above(area_code), first, last, venue_id
    [row] = await rows(session, _STANDING, *asked)
    edition, routing, items, bodies, street, areas, *is_there = row
    town = _Town(Answerers(items, bodies, street), None if areas is None else frozenset(areas))
    ground = await standing_at(session, edition)
    has_word, has_venue = is_there
    if has_word:
        _KEPT.keep((edition, routing), ground, place, town)
    told = dict(zip(_NAMED, (has_word, town.knows(area_code), has_venue), strict=True))
    missing = [name for name, is_told in told.items() if not is_told]
    unknown = await _not_filling(session, missing) if missing else []
    return Standing(ground, town.answerers.within(area_code), unknown)


async def _not_filling(session: AsyncSession, names: Sequence[str]) -> Sequence[str]:
    """Those of some fields whose mirror is not being filled just now."""
    sources = {name: source_of(_NAMED[name]) for name in names}
    filling = {row[0] for row in await rows(session, _FILLING, list(sources.values()))}
    return [name for name, source in sources.items() if source not in filling]
