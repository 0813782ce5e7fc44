"""Reading the audit log: auditors alone, and every reading is itself an entry.

The application's own database role cannot read the log; this route uses the chaining role.
"""

from typing import Annotated, Any
from uuid import UUID

import asyncpg
import orjson
from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field
from starlette.requests import Request

from common.audit.entry import Outcome, note
from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Instant, Model, Page
from common.db import direct_url
from common.edge import Session
from common.errors import Text, Unavailable, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute

router = APIRouter(prefix="/v1", tags=["audit"], route_class=TransactionRoute)

_WORD = r"^[^\x00-\x1f]+$"
_FOUND = (
    "SELECT seq, entry, hash FROM audit_entry WHERE ($1::bigint IS NULL OR seq < $1)"
    " AND ($2::text IS NULL OR actor = $2) AND ($3::text IS NULL OR action = $3)"
    " AND ($4::text IS NULL OR target_kind = $4) AND ($5::text IS NULL OR target_id = $5)"
    " AND ($6::text IS NULL OR area LIKE $6 || '%') AND ($7::text IS NULL OR outcome = $7)"
    " AND ($8::timestamptz IS NULL OR at >= $8) AND ($9::timestamptz IS NULL OR at < $9)"
    " ORDER BY seq DESC LIMIT $10"
)


class AuditLine(Model):
    """One entry of the audit log with its place in the chain."""

    seq: int = Field(description="链上序号 / place in the chain, from 1")
    hash: str = Field(description="SM3，64 位十六进制 / SM3 in hexadecimal")
    id: UUID
    at: Instant
    issuer: str = Field(description="身份签发方 / who vouches for the actor")
    actor: str = Field(description="操作人；居民为假名 / who; residents under a pseudonym")
    kind: str
    roles: list[str]
    action: str
    target_kind: str
    target_id: str | None
    area: str | None
    request_id: str
    outcome: Outcome
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None


class Filters(Model):
    """What an auditor looks for; all that are given must fit."""

    actor: Annotated[str | None, Field(max_length=255, pattern=_WORD)] = None
    action: Annotated[str | None, Field(max_length=100, pattern=_WORD)] = None
    target_kind: Annotated[str | None, Field(max_length=100, pattern=_WORD)] = None
    target_id: Annotated[str | None, Field(max_length=200, pattern=_WORD)] = None
    area: Annotated[str | None, Field(description="区划前缀", pattern=r"^[0-9]{2,12}$")] = None
    outcome: Outcome | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class AuditQuery(Filters):
    """Filters and the page."""

    after: After = None
    limit: Limit = 50


@router.get("/audit", responses=problems(BadPageToken, Unavailable))
async def audit_log(
    asked: Annotated[AuditQuery, Query()],
    request: Request,
    session: Session,
    actor: Annotated[Actor, needs(Permission.AUDIT_READ)],
) -> Page[AuditLine]:
    """审计日志，新的在前；查阅也留痕 / The audit log, newest first; reading is audited too."""
    lines = await _lines(request.state.settings.audit_database_url, asked)
    wanted = asked.model_dump(mode="json", exclude_none=True)
    target = ("audit", None)
    note(session, actor, action="audit.read", target=target, after=wanted, outcome=Outcome.READ)
    return Page[AuditLine].model_validate(page(lines, asked.limit, lambda line: (line.seq,)))


async def _lines(url: str | None, asked: AuditQuery) -> list[AuditLine]:
    """The entries of a page and one more. Auditors are few: a connection a page is enough."""
    before = key_of(asked.after, int)
    if url is None:
        raise Unavailable(what=Text("审计日志", "The audit log"))
    values = (asked.actor, asked.action, asked.target_kind, asked.target_id, asked.area)
    bounds = (asked.outcome, asked.since, asked.until, asked.limit + 1)
    connection = await asyncpg.connect(direct_url(url), timeout=5)
    try:
        rows = await connection.fetch(_FOUND, before[0] if before else None, *values, *bounds)
    finally:
        await connection.close(timeout=5)
    return [_line(row) for row in rows]


def _line(row: asyncpg.Record) -> AuditLine:
    entry = orjson.loads(row["entry"])
    return AuditLine.model_validate({**entry, "seq": row["seq"], "hash": row["hash"].hex()})
