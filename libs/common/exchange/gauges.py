"""What operators see of the webhooks: read from the tables when Prometheus asks."""

from typing import Final

from common.metrics import gauges_of

# How long a webhook has stood still: since something waits, or since the address last took
# anything. What waits is a change in the queue, one of the feed behind the cursor, or a reset.
webhook_gauges: Final = gauges_of(
    "SELECT w.kind, count(*) AS webhooks, coalesce(sum(q.dead), 0) AS webhook_dead_deliveries,"
    " max(CASE WHEN v.since IS NULL THEN 0 ELSE greatest(0, extract(epoch FROM"
    "  now() - greatest(v.since, w.taken_at, w.created_at))) END) AS webhook_still_seconds"
    " FROM webhook w,"
    " LATERAL (SELECT count(*) FILTER (WHERE d.is_dead) AS dead,"
    "  min(d.first_at) FILTER (WHERE NOT d.is_dead) AS first_at"
    "  FROM webhook_delivery d WHERE d.webhook_id = w.id) q,"
    " LATERAL (SELECT least(q.first_at, (SELECT i.modified_at FROM feed_item i"
    "  WHERE i.kind = w.kind AND i.change_number > w.position"
    "  ORDER BY i.change_number LIMIT 1),"
    "  CASE WHEN w.reset IS NOT NULL THEN to_timestamp(w.course / 1000.0) END) AS since) v"
    " GROUP BY w.kind",
    "kind",
)
