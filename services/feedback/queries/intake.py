"""What a case that comes in is judged by, in one round trip: rules, calendar, who may answer."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common.straight import rows
from feedback.domain.routing import Answerers, above
from feedback.queries.ground import EDITION, Ground, standing_at

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
   ORDER BY id LIMIT 1)
"""


async def standing(
    session: AsyncSession, category: str, area_code: str
) -> tuple[Ground, Answerers]:
    """The present ground, and who may answer for a category in an area."""
    town = area_code[:9].ljust(12, "0")
    [row] = await rows(session, _STANDING, category, above(area_code), town)
    edition, items, bodies, street = row
    return await standing_at(session, edition), Answerers(items, bodies, street)
