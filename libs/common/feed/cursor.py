"""A place in a feed, as its address says it, and whether a reader may go on from there. Pure."""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self
from urllib.parse import urlencode

from common.errors import Text

# The RPDE validator asks for the end with Number.MAX_SAFE_INTEGER; no change ever gets this number.
END: Final = 2**53 - 1


class Head(NamedTuple):
    """The end of a feed at one instant."""

    epoch: str
    last_number: int
    purged_through: int


OTHER_EPOCH: Final = Text("数据已重建或恢复", "the data were rebuilt or restored")
AHEAD: Final = Text("位置超出当前末尾", "the position lies beyond the end")
OTHER_AREA: Final = Text("可读的辖区已变", "the area that may be read is another one")
TOO_OLD: Final = Text("位置过旧，其后的删除记录已清理", "deletions after it are no longer kept")


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a page's address carries.

    `after` is None on the first page. `purged` is the feed's `purged_through` when the walk began:
    a walk from zero cannot miss a tombstone that was gone before it started.
    """

    after: int | None = None
    epoch: str | None = None
    purged: int = 0
    area: str | None = None

    def address(self, base: str) -> str:
        """The address of this page: always the same text for the same place."""
        found = {
            "afterChangeNumber": self.after,
            "epoch": self.epoch,
            "purged": self.purged or None,
            "area": self.area,
        }
        query = urlencode({name: value for name, value in found.items() if value is not None})
        return f"{base}?{query}" if query else base

    def moved(self, to: int, head: Head) -> Self:
        """The place after the change `to`."""
        purged = head.purged_through if self.after is None else self.purged
        return replace(self, after=to, epoch=head.epoch, purged=purged if purged > to else 0)

    def fault(self, head: Head) -> Text | None:
        """Why a reader must start again, or None.

        A cursor without an epoch belongs to none: a reader that dropped it could not notice a
        restore. Only the question for the end (`END`) goes without.
        """
        if self.epoch is None:
            return None if self.after in (None, END) else OTHER_EPOCH
        if self.epoch != head.epoch:
            return OTHER_EPOCH
        if self.after is None or self.after == END:
            return None
        if self.after > head.last_number:
            return AHEAD
        return TOO_OLD if head.purged_through > max(self.after, self.purged) else None
