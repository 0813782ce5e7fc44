"""Refusals at the door: who was turned away, from what, by which rule.

A caller who is known is always written down. Bad credentials are written down too, but only a few a
second: else anybody could fill the log without ever being let in.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from common.audit.entry import refused
from common.auth.actor import Actor
from common.auth.addresses import caller_of
from common.auth.permissions import Permission
from common.auth.signing import APP_KEY
from common.errors import Problem

log = structlog.get_logger(__name__)

STRANGERS_PER_S: Final = 5.0


@dataclass(slots=True)
class Trickle:
    """Lets a few through each second, and a handful at once."""

    per_s: float
    clock: Callable[[], float] = time.monotonic
    _left: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._left, self._at = self.per_s, self.clock()

    def lets_through(self) -> bool:
        """Whether one more may pass now."""
        now = self.clock()
        self._left = min(self.per_s, self._left + (now - self._at) * self.per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


async def note_refusal(
    request: Request, permission: Permission, refusal: Problem, strangers: Trickle
) -> None:
    """Write down that a call was refused. Never fails: the refusal itself is what counts."""
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None or actor.is_anonymous:
        presented = "authorization" in request.headers or APP_KEY in request.headers
        if not presented or not strangers.lets_through():
            return
        actor = Actor.anonymous()
    noun, _, verb = permission.partition(":")
    try:
        await refused(
            request.state.sessions,
            actor,
            action=f"{noun}.{verb}",
            target=(noun, _printable(request.url.path[:200])),
            reason=_reason(request, refusal),
            request_id=getattr(request.state, "request_id", ""),
        )
    except (SQLAlchemyError, OSError) as fault:
        log.warning("refusal not audited", slug=refusal.slug, fault=type(fault).__name__)


def _reason(request: Request, refusal: Problem) -> str:
    """The slug; of a signed call also the app key that was claimed, and from where."""
    claimed = _printable(request.headers.get(APP_KEY, "")[:64])
    if not claimed:
        return refusal.slug
    return f"{refusal.slug} ({claimed}, {caller_of(request, _proxies(request))})"


def _proxies(request: Request) -> list[str]:
    proxies: list[str] = request.state.settings.trusted_proxies
    return proxies


def _printable(text: str) -> str:
    """What the log can hold: a NUL in a path must not keep its refusal out."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
