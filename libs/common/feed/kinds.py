"""What a service says about one of its feeds: its name, who may read it, how state is rendered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.permissions import Permission

State = BaseModel | Mapping[str, Any]
Render = Callable[[AsyncSession, Sequence[UUID]], Awaitable[Mapping[UUID, State]]]
Retell = Callable[[AsyncSession, Mapping[UUID, Any]], Awaitable[Mapping[UUID, State]]]


@dataclass(frozen=True, slots=True)
class FeedKind:
    """One feed.

    `render` gives the present state of many records in few queries; an id that it leaves out is
    deleted (or not for these readers). `area_of` names the 12-digit area of a rendered state; with
    it a private feed shows each reader only what lies under the reader's area. `of` names a kind
    whose records this one tells in another form: a mark of that kind is a mark of this one. With
    `retell` that form is made of states of the other kind, and not read again.
    """

    name: str
    render: Render
    public: bool = True
    area_of: Callable[[Any], str | None] | None = None
    permission: Permission = Permission.FEED_READ_PRIVATE
    of: str | None = None
    retell: Retell | None = None

    def __post_init__(self) -> None:
        """Refuse what would leak: an area filter has no meaning without a known reader."""
        if self.public and self.area_of is not None:
            raise ValueError(f"{self.name}: a public feed is the same for all readers")
        if not self.name.isidentifier() or not self.name.isascii():
            raise ValueError(f"{self.name!r} is no name of a feed")
