"""What a case that comes in is judged by, in one round trip: rules, calendar, who may answer.

And whether what it names is there, as far as the registry's feeds have told. A mirror that has
nothing of a kind, or is being filled, knows less than there is: nothing is refused by it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feeds import Kind
from common.following import source_of
from common.straight import rows
from feedback.domain.routing import Answerers, above
from feedback.queries.ground import EDITION, Ground, standing_at

_WORD: Final = (
    "FROM mirrored WHERE kind = 'dictionary_entry' AND state ->> 'dictionary' = 'service_category'"
)
_AREA: Final = "FROM mirrored WHERE kind = 'area'"
_VENUE: Final = "FROM mirrored WHERE kind = 'venue'"
# Handed to the driver as it is: asked for each case that comes in. A whole record of the registry
# is long, and most of it says nothing here.
_STANDING: Final = f"""
WITH items AS MATERIALIZED (
  SELECT area_code, record_id AS id, state ->> 'handling_body_id' AS handling_body_id,
    state ->> 'responsible_department_id' AS responsible_department_id,
    state ->> 'valid_from' AS valid_from, state ->> 'valid_to' AS valid_to
  FROM mirrored
  WHERE kind = 'service_item' AND state ->> 'category' = $1 AND area_code = ANY($2)
    AND state ->> 'status' = 'published'
), bodies AS NOT MATERIALIZED (
  SELECT area_code, record_id AS id, state ->> 'name' AS name, state ->> 'line' AS line,
    state ->> 'kind' AS kind
  FROM mirrored WHERE kind = 'organisation' AND state ->> 'status' = 'active'
)
SELECT {EDITION},
  (SELECT coalesce(jsonb_agg(items), '[]') FROM items),
  (SELECT coalesce(jsonb_object_agg(id, bodies), '{{}}') FROM bodies WHERE id IN (
     SELECT coalesce(handling_body_id, responsible_department_id)::uuid FROM items)),
  (SELECT to_jsonb(bodies) FROM bodies WHERE area_code = $3 AND kind = 'street'
   ORDER BY id LIMIT 1),
  EXISTS (SELECT {_WORD} AND state ->> 'code' = $1 AND state ->> 'valid_to' IS NULL)
    OR NOT EXISTS (SELECT {_WORD}),
  EXISTS (SELECT {_AREA} AND area_code = $4) OR NOT EXISTS (SELECT {_AREA}),
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


class Standing(NamedTuple):
    """The present ground, who may answer for a category in an area, and what is not there."""

    ground: Ground
    answerers: Answerers
    unknown: Sequence[str]


async def standing(
    session: AsyncSession, category: str, area_code: str, venue_id: UUID | None = None
) -> Standing:
    """What a case of a category in an area stands on."""
    town = area_code[:9].ljust(12, "0")
    [row] = await rows(session, _STANDING, category, above(area_code), town, area_code, venue_id)
    edition, items, bodies, street, *there = row
    missing = [name for name, is_there in zip(_NAMED, there, strict=True) if not is_there]
    unknown = await _not_filling(session, missing) if missing else []
    return Standing(await standing_at(session, edition), Answerers(items, bodies, street), unknown)


async def _not_filling(session: AsyncSession, names: Sequence[str]) -> Sequence[str]:
    """Those of some fields whose mirror is not being filled just now."""
    sources = {name: source_of(_NAMED[name]) for name in names}
    filling = {row[0] for row in await rows(session, _FILLING, list(sources.values()))}
    return [name for name, source in sources.items() if source not in filling]
