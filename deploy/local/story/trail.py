"""The last calls of a story: what was said and answered, for whoever asks why it broke."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx
import orjson

CALLS: Final = 30  # of the end of a story
LONGEST: Final = 3000  # characters of an answer: two offerings with all their parts


@dataclass(slots=True)
class Step:
    """A call with its last answer, and how often it was made one after the other."""

    call: str
    status: int
    at: datetime
    answer: str
    times: int = 1

    def __str__(self) -> str:
        again = f" ×{self.times}" if self.times > 1 else ""
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.call} → {self.status}{again} {self.answer}"


@dataclass(slots=True)
class Trail:
    """The last steps, oldest first; a call that is repeated for the same status is one of them."""

    steps: deque[Step] = field(default_factory=lambda: deque(maxlen=CALLS))

    def note(self, at: datetime, call: str, body: Any, answer: httpx.Response) -> None:
        """One more answer, at the time of the story."""
        if body is not None:
            call += " " + orjson.dumps(body).decode()
        step = Step(call, answer.status_code, at, answer.text[:LONGEST])
        last = self.steps[-1] if self.steps else None
        if last is not None and (last.call, last.status) == (step.call, step.status):
            step.times += last.times
            self.steps.pop()
        self.steps.append(step)
