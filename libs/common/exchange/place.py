"""A place in an exchange walk, as an opaque cursor. Pure.

Beside the place in the feed it carries `base`, the end that the reader had reached before this
walk: a record that appeared after it is an insert to this reader, all others are updates.
"""

import base64
import binascii
from dataclasses import dataclass, replace
from typing import Final, Self

from common.errors import Invalid, Text
from common.feed.cursor import Cursor, Head

_VERSION: Final = "x1"
_PARTS: Final = 7


class NoSuchCursor(Invalid):
    """The cursor is not one of this resource."""

    slug = "exchange-cursor-unreadable"
    title = Text("游标无法识别", "Unreadable cursor")
    detail = Text(
        "cursor 的值 {cursor} 不是资源 {kind} 给出的游标；请原样使用上一批的 cursor，或不带 cursor "
        "从头开始。",
        "cursor {cursor} was not given by resource {kind}; use the last batch's cursor as it is, "
        "or leave it out to begin at zero.",
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader is: the place in the feed `at`, and the end it had reached before."""

    kind: str
    at: Cursor
    base: int = 0

    def token(self) -> str:
        """The cursor: always the same text for the same place."""
        at = self.at
        parts = (
            *(_VERSION, self.kind, at.epoch or "", at.after or 0, self.base, at.purged),
            at.area or "",
        )
        plain = "~".join(map(str, parts)).encode()
        return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()

    @classmethod
    def of(cls, token: str, kind: str) -> Self:
        """The place that a cursor names. Raises `NoSuchCursor`."""
        try:
            padded = token + "=" * (-len(token) % 4)
            parts = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split("~")
            if len(parts) != _PARTS or parts[:2] != [_VERSION, kind] or not parts[2]:
                raise ValueError(token)
            after, base, purged = (_number(part) for part in parts[3:6])
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise NoSuchCursor(cursor=token[:60], kind=kind) from None
        return cls(kind, Cursor(after, parts[2], purged, parts[6] or None), base)

    @property
    def batch(self) -> str:
        """The name of the batch that ended here."""
        return batch_name(self.at.epoch or "", self.at.after or 0)

    @classmethod
    def after_batch(cls, batch: str, kind: str) -> Self:
        """The place where a batch ended, out of its name."""
        epoch, number = batch[:16], int(batch[16:])
        return cls(kind, Cursor(number, epoch), number)

    def moved(self, to: int, head: Head) -> Self:
        """The place after the change `to`; at the feed's end the reader holds all up to it."""
        base = to if to >= head.last_number else self.base
        return replace(self, at=self.at.moved(to, head), base=base)


def batch_name(epoch: str, last_number: int) -> str:
    """32 characters, rising within an epoch: the same batch has the same name when asked again."""
    return f"{epoch}{last_number:016d}"


def _number(part: str) -> int:
    if not (part.isascii() and part.isdigit() and len(part) <= 16):
        raise ValueError(part)
    return int(part)
