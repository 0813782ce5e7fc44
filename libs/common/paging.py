"""Keyset paging: an opaque token carries the sort key of the last row."""

import base64
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import orjson
from fastapi import Query

from common.contracts.written import IN_DIGITS
from common.errors import FieldError, Invalid, Text

Row = TypeVar("Row")

After = Annotated[
    str | None,
    Query(max_length=500, description="上一页返回的 next / token of the previous page's `next`"),
]
Limit = Annotated[int, Query(ge=1, le=200, description="每页条数 / rows a page"), IN_DIGITS]


# What a parser says to a part that it cannot read, `UUID` to a number among them.
_NOT_OURS: Final = (ValueError, TypeError, AttributeError, ArithmeticError)


class BadPageToken(Invalid):
    """The `after` token was not made by this list."""

    slug = "bad-page-token"
    title = Text("分页参数无效", "Bad page token")
    detail = Text(
        "after 参数无效，请使用上一页返回的 next。", "`after` is not a token of this list."
    )


def token(*key: Any) -> str:
    """The token of a row whose sort key is `key`."""
    return base64.urlsafe_b64encode(orjson.dumps(key, default=str)).decode().rstrip("=")


def key_of(after: str | None, *parse: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """The sort key inside a token, each part through its parser; None for the first page.

    Raises `BadPageToken` when the token is not one of ours.
    """
    if after is None:
        return None
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        return tuple(make(part) for make, part in zip(parse, parts, strict=True))
    except _NOT_OURS as fault:
        wrong = FieldError(
            "/after", after, Text("不是本列表的分页标记", "not a token of this list")
        )
        raise BadPageToken(errors=[wrong]) from fault


def id_after(after: str | None) -> UUID | None:
    """The id of the last row of the page before, for lists in order of ids."""
    key = key_of(after, UUID)
    return None if key is None else key[0]


def page(rows: Sequence[Row], limit: int, key: Callable[[Row], tuple[Any, ...]]) -> dict[str, Any]:
    """A page from `limit + 1` fetched rows: the extra row tells that there is a next page."""
    items = list(rows[:limit])
    return {"items": items, "next": token(*key(items[-1])) if len(rows) > limit else None}
