"""Lists and counts of offerings on the fast lane: where the index knows all that is asked."""

from typing import Final

from pydantic import ValidationError

from common.auth.permissions import Permission
from common.calendar.official import official_calendar
from common.clock import utc_now
from common.errors import Problem
from common.lane import Asked, Lane, Told, plain
from registry.api.finding import key
from registry.api.seeking import ListAsked, Sought
from registry.searching.answers import Searched, counted_at_once, is_shelved, listed_at_once


async def listed(question: Asked) -> Told | None:
    """A page of a well-formed search of what is published; None: the route has the word."""
    index: Searched = question.state["own"]
    try:
        asked = ListAsked.model_validate(plain(question.said))
        wanted = asked.filters(utc_now(), official_calendar())
        last = key(asked.after, wanted.near)
    except (ValidationError, Problem):
        return None
    if not is_shelved(wanted):
        return None
    return _told(
        index,
        listed_at_once(index, wanted, after=last, limit=asked.limit, system=asked.coordtype),
    )


async def counted(question: Asked) -> Told | None:
    """The counts of a well-formed search of what is published; None: the route has the word."""
    index: Searched = question.state["own"]
    try:
        wanted = Sought.model_validate(plain(question.said)).filters(utc_now(), official_calendar())
    except (ValidationError, Problem):
        return None
    return _told(index, counted_at_once(index, wanted)) if is_shelved(wanted) else None


def _told(index: Searched, body: bytes | None) -> Told | None:
    return None if body is None else Told(body, [(b"age", b"%d" % index.age_s)])


LANES: Final = (
    Lane("GET", "/v1/offerings", Permission.OFFERING_READ, listed),
    Lane("GET", "/v1/offerings/facets", Permission.OFFERING_READ, counted),
)
