"""The SQL of sending to webhooks, prebuilt."""

from typing import Final

from sqlalchemy import ARRAY, Interval, Uuid, bindparam, text

# Due: not pausing, and something new in the feed or something to try again; a reset; an area that
# is another one than was told. Deletions that are purged are below the feed's end.
DUE: Final = (
    "SELECT w.id FROM webhook w JOIN feed_head h ON h.kind = w.kind"
    " WHERE (w.resumes_at IS NULL OR w.resumes_at <= $1)"
    " AND (w.position <> h.last_number OR w.epoch <> h.epoch OR w.reset IS NOT NULL"
    " OR EXISTS (SELECT FROM data_subscription s WHERE s.app_issuer = w.app_issuer"
    "  AND s.app = w.app AND s.kind = w.kind AND s.status = 'active' AND s.area <> w.area)"
    " OR EXISTS (SELECT FROM"
    "  webhook_delivery d WHERE d.webhook_id = w.id AND NOT d.is_dead AND d.retry_at <= $1))"
    " ORDER BY w.id"
)

# A newer change takes the place of the one that waits, dead or not, and keeps its lease or pause.
QUEUED = text(
    "WITH put AS (INSERT INTO webhook_delivery AS d"
    " (webhook_id, record_id, change_number, attempts, first_at, retry_at, is_dead)"
    " SELECT CAST(:id AS uuid), record_id, change_number, 0, n.at, n.at, false"
    " FROM feed_item, (SELECT CAST(:now AS timestamptz) AS at) n"
    " WHERE kind = :kind AND change_number > :after AND (CAST(:area AS text) IS NULL"
    "  OR starts_with(area_code, :area)"
    "  OR EXISTS (SELECT FROM unnest(former_areas) f WHERE starts_with(f, :area)))"
    " ORDER BY change_number LIMIT :size"
    " ON CONFLICT (webhook_id, record_id) DO UPDATE SET change_number = excluded.change_number,"
    "  attempts = 0, first_at = excluded.first_at, is_dead = false"
    " RETURNING change_number)"
    " SELECT h.epoch, h.last_number, h.purged_through, p.queued, p.reached FROM feed_head h,"
    " (SELECT count(*) AS queued, max(change_number) AS reached FROM put) p WHERE h.kind = :kind"
)
CLAIMED = text(
    "UPDATE webhook_delivery SET retry_at = :until, attempts = attempts + 1"
    " WHERE webhook_id = :id AND record_id IN (SELECT record_id FROM webhook_delivery"
    "  WHERE webhook_id = :id AND NOT is_dead AND retry_at <= :now"
    "  ORDER BY change_number LIMIT :size FOR UPDATE)"
    " RETURNING record_id"
)
# As it stands now; what is gone from the feed, or from the reader's area, is sent as deleted.
STANDING = text(
    "SELECT d.record_id, coalesce(i.change_number, d.change_number) AS change_number,"
    " i.first_number, coalesce(i.modified_at, now()) AS modified_at,"
    " CASE WHEN s.stands THEN 'updated' ELSE 'deleted' END AS state,"
    " CASE WHEN s.stands THEN i.area_code END AS area_code,"
    " i.content_sm3, i.summed_number, CASE WHEN s.stands THEN i.body END AS body"
    " FROM webhook_delivery d LEFT JOIN feed_item i ON i.kind = :kind"
    "  AND i.record_id = d.record_id, LATERAL (SELECT coalesce(i.state = 'updated' AND"
    "  (CAST(:area AS text) IS NULL OR starts_with(i.area_code, :area)), false) AS stands) s"
    " WHERE d.webhook_id = :id AND d.record_id = ANY(:ids) ORDER BY d.change_number"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))

# What waited belongs to a course that has ended: all that stands comes from zero.
FORGOTTEN = text("DELETE FROM webhook_delivery WHERE webhook_id = :id")

TAKEN = text(
    "DELETE FROM webhook_delivery"
    " WHERE webhook_id = :id AND record_id = :record_id AND change_number <= :sent"
)
RELEASED = text(
    "UPDATE webhook_delivery SET retry_at = :now"
    " WHERE webhook_id = :id AND record_id = :record_id AND change_number > :sent"
)
PUT_OFF = text(
    "UPDATE webhook_delivery SET fault = :fault,"
    " retry_at = CAST(:now AS timestamptz)"
    "  + (CAST(:pauses AS interval[]))[greatest(1, least(attempts, :attempts))],"
    " is_dead = attempts >= :attempts AND change_number <= :sent"
    " WHERE webhook_id = :id AND record_id = :record_id"
).bindparams(bindparam("pauses", type_=ARRAY(Interval)))
