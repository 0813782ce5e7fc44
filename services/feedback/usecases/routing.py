"""The line in which a case is handled, and where it goes, as a case carries it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.errors import NotFound, Text
from common.rules import RulesInForce
from feedback.domain.routing import Route
from feedback.queries import routing as queries

_BODY = Text("责任单位（或已撤销）", "body, or it is dissolved")


async def line_of(
    session: AsyncSession, body_id: UUID, line: str | None, in_force: RulesInForce
) -> str:
    """The line in which a named body handles a case. Raises `NotFound` when there is no body."""
    body = await queries.body(session, body_id)
    if body is None:
        raise NotFound(what=_BODY, key=body_id)
    return line or body["line"] or default_line(in_force)


def default_line(in_force: RulesInForce) -> str:
    """The line of a case whose body belongs to none."""
    return str(in_force.setting("line_by_default", "case").known)


def columns(way: Route) -> dict[str, Any]:
    """Who answers, on what ground, in which line."""
    return {
        "responsible_body_id": way.body_id,
        "routed_by": way.by,
        "service_item_id": way.item_id,
        "line": way.line,
    }
