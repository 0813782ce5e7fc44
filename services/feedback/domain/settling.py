"""When to ask whether a period can be released: each hour, and soon after its counts have settled.

A release is for ever, so nothing may be told of a load that goes on: only when nothing was counted
for a while is it taken to be over. Where ratings come all day nothing settles, and the hour holds.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

AT_LEAST: Final = timedelta(hours=1)  # ours
SETTLED: Final = timedelta(minutes=5)  # ours: longer than a load pauses


@dataclass(frozen=True, slots=True)
class Counts:
    """What was seen of the counts, since when they are so, and when a release was last tried."""

    seen: Hashable
    since: datetime
    tried_at: datetime | None = None

    def seen_anew(self, seen: Hashable, now: datetime) -> "Counts":
        """The counts as they are now."""
        return self if seen == self.seen else replace(self, seen=seen, since=now)

    def is_due(self, now: datetime) -> bool:
        """Whether a release is to be tried now."""
        if self.tried_at is None or now - self.tried_at >= AT_LEAST:
            return True
        return self.tried_at < self.since + SETTLED <= now
