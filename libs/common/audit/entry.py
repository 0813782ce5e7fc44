"""One line of the audit log, and how a use case writes it: `audit.note(session, actor, ...)`.

Entries wait in `session.info` and are written by the statement that ends the transaction
(`common.db`). Before and after hold no personal data, or only masked values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.clock import utc_now
from common.ids import uuid7, uuid7s

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


class Change(NamedTuple):
    """What was done to one of many records."""

    record_id: UUID
    area: str | None
    before: Facts | None
    after: Facts
    reason: str | None


@dataclass(frozen=True, slots=True)
class _OneOfMany:
    """An entry that shares its head with others; the same row as an `AuditEntry` makes."""

    head: Facts
    id: UUID
    change: Change

    def as_row(self) -> dict[str, Any]:
        record_id, area, before, after, reason = self.change
        return {
            **self.head,
            "id": str(self.id),
            "target_id": str(record_id),
            "area": area,
            "before": before,
            "after": after,
            "reason": reason,
        }


def note_many(
    session: AsyncSession, actor: Actor, *, action: str, kind: str, changes: Sequence[Change]
) -> None:
    """Write what was done to many records of a kind: one entry each, as `note` writes it."""
    if not changes:
        return
    request_id = session.info.get("request_id", "")
    blank = (None, None, request_id, Outcome.DONE, None, None, None)
    head = AuditEntry(UUID(int=0), utc_now(), actor, action, kind, *blank).as_row()
    ids = uuid7s(len(changes))
    entries = [_OneOfMany(head, *pair) for pair in zip(ids, changes, strict=True)]
    session.info.setdefault("audit", []).extend(entries)


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
    after: Facts | None = None,
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
            after=after,
            reason=reason,
            outcome=Outcome.REFUSED,
        )


def changes(before: Facts, after: Facts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the fields that differ, as they were and as they are."""
    names = [name for name in after if before.get(name) != after[name]]
    return {n: before.get(n) for n in names}, {n: after[n] for n in names}
