"""One line of the audit log, and how a use case writes it: `audit.note(session, actor, ...)`.

Entries wait in `session.info` and are written by the statement that ends the transaction
(`common.db`). Before and after hold no personal data, or only masked values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.clock import utc_now
from common.ids import uuid7

Facts = Mapping[str, Any]
Target = tuple[str, UUID | str | None]


class Outcome(StrEnum):
    """What came of it."""

    DONE = "done"
    REFUSED = "refused"
    READ = "read"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which record, and what changed."""

    id: UUID
    at: datetime
    actor: Actor
    action: str
    target_kind: str
    target_id: str | None
    area: str | None
    request_id: str
    outcome: Outcome
    before: Facts | None
    after: Facts | None
    reason: str | None

    def as_row(self) -> dict[str, Any]:
        """The entry as a JSON object; instants of fixed width, so that they sort as text."""
        return {
            "id": str(self.id),
            "at": self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "issuer": self.actor.issuer,
            "actor": name_in_audit(self.actor, self.target_kind),
            "kind": self.actor.kind.value,
            "roles": sorted(self.actor.roles),
            "action": self.action,
            "target_kind": self.target_kind,
            "target_id": self.target_id,
            "area": self.area,
            "request_id": self.request_id,
            "outcome": self.outcome.value,
            "before": self.before,
            "after": self.after,
            "reason": self.reason,
        }


def name_in_audit(actor: Actor, target_kind: str) -> str:
    """Staff by their subject; a resident by a pseudonym that differs from kind to kind.

    So the log of ratings and the log of votes cannot be joined without the key. Where no key is
    configured a resident stays nameless; nothing falls back to the plain subject.
    """
    try:
        return actor.alias(f"audit.{target_kind}")
    except LookupError:
        return "-"


def note(
    session: AsyncSession,
    actor: Actor,
    *,
    action: str,
    target: Target,
    area: str | None = None,
    before: Facts | None = None,
    after: Facts | None = None,
    reason: str | None = None,
    outcome: Outcome = Outcome.DONE,
) -> None:
    """Write what was done, in the transaction that does it. `action` is noun.verb."""
    kind, key = target
    entry = AuditEntry(
        id=uuid7(),
        at=utc_now(),
        actor=actor,
        action=action,
        target_kind=kind,
        target_id=None if key is None else str(key),
        area=area,
        request_id=session.info.get("request_id", ""),
        outcome=outcome,
        before=before,
        after=after,
        reason=reason,
    )
    session.info.setdefault("audit", []).append(entry)


def note_read(
    session: AsyncSession,
    actor: Actor,
    *,
    action: str,
    target: Target,
    area: str | None = None,
    reason: str | None = None,
) -> None:
    """Write that personal data was read, and why."""
    note(
        session,
        actor,
        action=action,
        target=target,
        area=area,
        reason=reason,
        outcome=Outcome.READ,
    )


async def refused(
    sessions: async_sessionmaker[AsyncSession],
    actor: Actor,
    *,
    action: str,
    target: Target,
    area: str | None = None,
    reason: str | None = None,
    request_id: str = "",
) -> None:
    """Write a refusal in a transaction of its own: the refused one is rolled back."""
    async with sessions.begin() as session:
        session.info["request_id"] = request_id
        note(
            session,
            actor,
            action=action,
            target=target,
            area=area,
            reason=reason,
            outcome=Outcome.REFUSED,
        )


def changes(before: Facts, after: Facts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the fields that differ, as they were and as they are."""
    names = [name for name in after if before.get(name) != after[name]]
    return {n: before.get(n) for n in names}, {n: after[n] for n in names}
