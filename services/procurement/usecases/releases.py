"""Releases are written at the commit of the step that they tell of, in its transaction.

A step only says which process it touched (`note`); at the commit the process is rendered as it
then stands, so that one transaction makes one release, and a rollback none (decision 0023).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from common.ids import uuid7
from procurement.domain.ocds import releasing as rules
from procurement.queries import releases as queries

_NOTED = "releases"


def note(session: AsyncSession, tender_id: UUID, now: datetime) -> None:
    """This step changed something public about a process, or may have."""
    noted = session.info.setdefault(_NOTED, {})
    if not noted:
        event.listen(session.sync_session, "before_commit", _write, once=True)
    noted[tender_id] = now


def _write(session: Session) -> None:
    session.flush()
    for tender_id, now in sorted(session.info.pop(_NOTED, {}).items()):
        _release(session, tender_id, now)


def _release(session: Session, tender_id: UUID, now: datetime) -> None:
    """Release what is new; a step that changed nothing public makes no release."""
    tender = queries.published(session, tender_id)
    if tender is None:
        return
    record = queries.record_locked(session, tender_id, tender["ocid"], now)
    present = rules.state(queries.facts(session, tender))
    told = rules.news(present, record["state"])
    if not told:
        return
    number, at = record["number"] + 1, max(now, record["released_at"])
    tags = rules.tags(told, record["state"])
    body = rules.release(tender["ocid"], number, at, told, tags)
    compiled = rules.compiled_with(record["compiled"], body)
    release = {"number": number, "key": uuid7(), "released_at": at, "tag": tags, "body": body}
    kept = {"number": number, "released_at": at, "state": present, "compiled": compiled}
    queries.keep(session, tender_id, release, kept)
