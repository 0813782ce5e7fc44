"""Refusals at the door: who was turned away, from what, by which rule.

A caller who is known is always written down. Bad credentials are written down too, but only a few a
second: else anybody could fill the log without ever being let in. Who has proved itself an app and
is turned away all the same has an allowance of its own, so that no flood of strangers hides it. How
many were left out stands in the next entry of the same allowance.
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
AN_APP_PER_S: Final = 5.0


@dataclass(slots=True)
class Trickle:
    """Lets a few through each second, and a handful at once."""

    per_s: float
    clock: Callable[[], float] = time.monotonic
    dropped: int = field(init=False, default=0)
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
            self.dropped += 1
            return False
        self._left -= 1
        return True

    def taken_count(self) -> int:
        """How many were left out since this was last asked."""
        count, self.dropped = self.dropped, 0
        return count


@dataclass(slots=True)
class Allowances:
    """How much those who are not let in may write: strangers together, each proven app alone."""

    clock: Callable[[], float] = time.monotonic
    strangers: Trickle = field(init=False)
    apps: dict[tuple[str, str], Trickle] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.strangers = Trickle(STRANGERS_PER_S, self.clock)

    def of(self, proven: Actor | None) -> Trickle:
        """Whose allowance a refusal is written under; apps are as many as are registered."""
        if proven is None:
            return self.strangers
        fresh = Trickle(AN_APP_PER_S, self.clock)
        return self.apps.setdefault((proven.issuer, proven.subject), fresh)


async def note_refusal(
    request: Request, permission: Permission, refusal: Problem, allowances: Allowances
) -> None:
    """Write down that a call was refused. Never fails: the refusal itself is what counts."""
    actor: Actor | None = getattr(request.state, "actor", None)
    left_out = 0
    if actor is None or actor.is_anonymous:
        actor = getattr(request.state, "proven", None)
        allowance = allowances.of(actor)
        if not (actor or _presented(request)) or not allowance.lets_through():
            return
        actor, left_out = actor or Actor.anonymous(), allowance.taken_count()
    noun, _, verb = permission.partition(":")
    try:
        await refused(
            request.state.sessions,
            actor,
            action=f"{noun}.{verb}",
            target=(noun, _printable(request.url.path[:200])),
            after={"left_out": left_out} if left_out else None,
            reason=_reason(request, refusal),
            request_id=getattr(request.state, "request_id", ""),
        )
    except (SQLAlchemyError, OSError) as fault:
        log.warning("refusal not audited", slug=refusal.slug, fault=type(fault).__name__)


def _presented(request: Request) -> bool:
    """Whether a credential came with the call, good or bad."""
    return "authorization" in request.headers or APP_KEY in request.headers


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
