"""What operators see of the webhooks: read from the tables when Prometheus asks."""

from typing import Final

from common.metrics import gauges_of

webhook_gauges: Final = gauges_of(
    "SELECT w.kind, count(DISTINCT w.id) AS webhooks,"
    " count(*) FILTER (WHERE d.is_dead) AS webhook_dead_deliveries"
    " FROM webhook w LEFT JOIN webhook_delivery d ON d.webhook_id = w.id GROUP BY w.kind",
    "kind",
)
