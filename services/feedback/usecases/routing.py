"""Finding the body that answers for a case, and its line."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.errors import NotFound, Text
from common.rules import RulesInForce
from feedback.domain import routing as rules
from feedback.domain.routing import Route, RoutedBy
from feedback.queries import routing as queries

_BODY = Text("责任单位（或已撤销）", "body, or it is dissolved")


async def route(
    session: AsyncSession, category: str, area_code: str, in_force: RulesInForce, today: date
) -> Route:
    """By the service items, else the street, else a person at the desk; the line is the body's."""
    items = await queries.items(session, category, rules.above(area_code))
    named = rules.item_body(items, today)
    if named is not None and named.body_id is not None:
        body = await queries.body(session, named.body_id)
        if body is not None:
            return Route(named.body_id, named.by, named.item_id, _line(body["line"], in_force))
    street = await queries.street(session, area_code)
    if street is not None:
        line = _line(street["line"], in_force)
        return Route(UUID(street["id"]), RoutedBy.STREET, line=line)
    return Route(None, RoutedBy.DESK, line=_line(None, in_force))


async def line_of(
    session: AsyncSession, body_id: UUID, line: str | None, in_force: RulesInForce
) -> str:
    """The line in which a named body handles a case. Raises `NotFound` when there is no body."""
    body = await queries.body(session, body_id)
    if body is None:
        raise NotFound(what=_BODY, key=body_id)
    return line or _line(body["line"], in_force)


def _line(line: str | None, in_force: RulesInForce) -> str:
    return line or str(in_force.setting("line_by_default", "case").known)
