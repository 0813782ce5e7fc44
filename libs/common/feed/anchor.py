"""The feed's numbers outside the database: a file that a restored database cannot have taken back.

One small JSON file a service: {"epoch_at": …, "kinds": {kind: last number}}.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import orjson
import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Anchored:
    """What the file remembers."""

    epoch_at: datetime
    last_numbers: Mapping[str, int]

    def shows_loss(self, epoch_at: datetime, last_numbers: Mapping[str, int]) -> bool:
        """Whether the database has less than was given out: it is an older copy of itself.

        A file of an earlier epoch says nothing: this host did not lead when the epoch changed.
        """
        if self.epoch_at != epoch_at:
            return self.epoch_at > epoch_at
        return any(last_numbers.get(kind, 0) < n for kind, n in self.last_numbers.items())


@dataclass(slots=True)
class Anchor:
    """The file of one service."""

    path: Path
    _written: bytes = field(default=b"")

    def read(self) -> Anchored | None:
        """What was last written; None when there is no file or no sense in it."""
        try:
            found = orjson.loads(self.path.read_bytes())
            at = datetime.fromisoformat(found["epoch_at"])
            return Anchored(at, {str(k): int(n) for k, n in found["kinds"].items()})
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError):
            log.exception("feed anchor is unreadable", path=str(self.path))
            return None

    def write(self, epoch_at: datetime, last_numbers: Mapping[str, int]) -> None:
        """Replace the file; a crash leaves the old one or the new one."""
        content = orjson.dumps(
            {"epoch_at": epoch_at.isoformat(), "kinds": dict(sorted(last_numbers.items()))}
        )
        if content == self._written:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(f".{os.getpid()}.draft")
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
        self._written = content


def anchor_in(directory: Path | None, service: str) -> Anchor | None:
    """The anchor of a service, where a directory for it is set."""
    return Anchor(directory / f"feed-{service}.json") if directory else None
