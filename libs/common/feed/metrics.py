"""What operators see of the feed, for Prometheus."""

from typing import Final

from prometheus_client import Counter, Gauge

NUMBERED: Final = Counter(
    "linli_feed_numbered_total", "States given a change number.", ["service", "kind", "state"]
)
LAG: Final = Gauge(
    "linli_feed_lag_seconds", "Age of the oldest mark in the newest numbering step.", ["service"]
)
PARKED: Final = Gauge(
    "linli_feed_parked",
    "Records that cannot be rendered and wait for a retry.",
    ["service", "kind"],
)
EPOCHS: Final = Counter(
    "linli_feed_epochs_total", "New epochs: every reader starts again.", ["service", "reason"]
)
LEADING: Final = Gauge("linli_feed_leading", "1 while this process numbers.", ["service"])
WAITING: Final = Gauge("linli_feed_long_polls", "Readers that wait for news.")
