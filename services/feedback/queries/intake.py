"""What a case that comes in is judged by, in one round trip: rules, calendar, who may answer."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common.straight import rows
from feedback.domain.routing import Answerers, above
from feedback.queries.ground import STAMP, Ground, standing_at

# Handed to the driver as it is: asked for each case that comes in.
_STANDING: Final = f"""
WITH items AS MATERIALIZED (
  SELECT state FROM mirrored
  WHERE kind = 'service_item' AND state ->> 'category' = $1 AND area_code = ANY($2)
    AND state ->> 'status' = 'published'
)
SELECT {STAMP},
  (SELECT coalesce(jsonb_agg(state), '[]') FROM items),
  (SELECT coalesce(jsonb_object_agg(record_id, state), '{{}}') FROM mirrored
   WHERE kind = 'organisation' AND state ->> 'status' = 'active' AND record_id IN (
     SELECT coalesce(state ->> 'handling_body_id', state ->> 'responsible_department_id')::uuid
     FROM items)),
  (SELECT state FROM mirrored
   WHERE kind = 'organisation' AND area_code = $3 AND state ->> 'kind' = 'street'
     AND state ->> 'status' = 'active'
   ORDER BY record_id LIMIT 1)
"""


async def standing(
    session: AsyncSession, category: str, area_code: str
) -> tuple[Ground, Answerers]:
    """The present ground, and who may answer for a category in an area."""
    town = area_code[:9].ljust(12, "0")
    [row] = await rows(session, _STANDING, category, above(area_code), town)
    *stamp, items, bodies, street = row
    return await standing_at(session, tuple(stamp)), Answerers(items, bodies, street)
