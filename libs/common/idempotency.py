"""Every POST may be retried: the first answer is kept, encrypted, in the transaction it tells of.

A second call with the same key waits for the first transaction (the unique index makes it wait) and
then gets the kept answer. The same key with another body is refused.

A key is claimed before anything is done, and the answer kept by the statement that ends the
transaction. A hot route that changes nothing but this database takes its key with the answer, at
the end (`keep_late`): a retry then fails, on its key or on what the first call did, and finds the
answer with `kept`. So does a route whose work commits apart from the request, in a process of its
own: who does the work keeps the answer with it (`Keeping`), or else a caller whose service died in
between would be told that somebody else had done what they asked for.

Who holds the table without the keys finds nobody in it: a resident comes as a keyed pseudonym, of
which the digest is another one for each target, and what a resident said is digested with it. Rows
of before went by the plain name; until they expire, a retry finds them as well.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Protocol

import orjson
from pydantic import BaseModel, StringConstraints
from sqlalchemy import DateTime, LargeBinary, String, bindparam, delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from starlette.responses import Response

from common.db import Platform
from common.ending import at_end, row_at_end
from common.errors import Invalid, Text

KEY_LEAST: Final = 8
KEY_MOST: Final = 200  # characters, all visible: PostgreSQL indexes no row of several thousand
KEY_LETTER: Final = r"[\x21-\x7e]"
Key = Annotated[
    str, StringConstraints(min_length=KEY_LEAST, max_length=KEY_MOST, pattern=f"^{KEY_LETTER}+$")
]
KEPT_HEADERS = ("location", "etag", "content-type", "content-language", "cache-control")


class KeyReused(Invalid):
    """The same Idempotency-Key came with another body."""

    slug = "idempotency-key-reused"
    title = Text("幂等键已用于其他内容", "Idempotency-Key reused")
    detail = Text(
        "此 Idempotency-Key 已用于另一份内容，请为新的请求生成新的键。",
        "This Idempotency-Key was used with another body; make a new key for a new request.",
    )


class Sealer(Protocol):
    """What encrypts kept answers; `common.crypto` provides it."""

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt, bound to `context`."""
        ...

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt what `seal` made for the same `context`."""
        ...


class IdempotencyKey(Platform):
    """One retried-or-not call."""

    __tablename__ = "idempotency_key"

    caller: Mapped[str] = mapped_column(String, primary_key=True, comment="digest of who called")
    target: Mapped[str] = mapped_column(String, primary_key=True, comment="method and path")
    key: Mapped[str] = mapped_column(String, primary_key=True, comment="Idempotency-Key as sent")
    body_digest: Mapped[bytes] = mapped_column(LargeBinary, comment="SHA-256 of query and body")
    answer: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="status, headers and body, encrypted; null while the first call runs"
    )
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class Call:
    """A keyed call: who, where, which key, and what it said; None: nothing is kept of that."""

    def __init__(
        self, *, caller: str, former: str, target: str, key: str, said: bytes | None
    ) -> None:
        name = f"{caller}|{target}".encode()
        self.caller = hashlib.sha256(name).hexdigest()
        self.former = hashlib.sha256(former.encode()).hexdigest()
        self.target = target
        self.key = key
        self.digest = hashlib.sha256(b"" if said is None else name + b"\n" + said).digest()
        self.former_digest = hashlib.sha256(said or b"").digest()

    def digest_of(self, caller: str) -> bytes:
        """What this call said, as a row under one of its two names digests it."""
        return self.digest if caller == self.caller else self.former_digest

    def context(self, caller: str) -> str:
        """What the kept answer is bound to, so that answers cannot be swapped between rows."""
        return f"idempotency_key.answer|{caller}|{self.target}|{self.key}"


_CLAIMED: Final = text(
    "INSERT INTO idempotency_key (caller, target, key, body_digest, expires_at)"
    " SELECT :caller, :target, :key, :digest, :expires_at WHERE NOT EXISTS (SELECT"
    " FROM idempotency_key WHERE caller = :former AND target = :target AND key = :key)"
    " ON CONFLICT (caller, target, key) DO NOTHING RETURNING key"
).bindparams(
    *(bindparam(name, type_=String) for name in ("caller", "former", "target", "key")),
    bindparam("digest", type_=LargeBinary),
    bindparam("expires_at", type_=DateTime(timezone=True)),
)


async def claim(
    session: AsyncSession, call: Call, sealer: Sealer, *, now: datetime, days: int
) -> Response | None:
    """Take the key for this transaction, or return the answer that was given before."""
    taken = await session.execute(
        _CLAIMED,
        {
            "caller": call.caller,
            "former": call.former,
            "target": call.target,
            "key": call.key,
            "digest": call.digest,
            "expires_at": now + timedelta(days=days),
        },
    )
    if taken.first() is not None:
        return None
    return await kept(session, call, sealer)


async def kept(session: AsyncSession, call: Call, sealer: Sealer) -> Response | None:
    """The answer that was given before; None when there is none. Raises `KeyReused`."""
    row = IdempotencyKey
    statement = select(row.caller, row.body_digest, row.answer).where(
        row.caller.in_((call.caller, call.former)), row.target == call.target, row.key == call.key
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        return None
    if found.body_digest != call.digest_of(found.caller):
        raise KeyReused
    return _replayed(sealer.unseal(found.answer, context=call.context(found.caller)))


_KEEP: Final = "UPDATE idempotency_key SET answer = ? WHERE caller = ? AND target = ? AND key = ?"
# Taken under the former name the key has no caller, which the table refuses.
_KEEP_LATE: Final = (
    "INSERT INTO idempotency_key (answer, caller, target, key, body_digest, expires_at)"
)
_KEPT_LATE: Final = (
    "(?, CASE WHEN EXISTS (SELECT FROM idempotency_key WHERE caller = ? AND target = ?"
    " AND key = ?) THEN NULL ELSE ? END, ?, ?, ?, ?)"
)


def keep(session: AsyncSession, call: Call, sealer: Sealer, response: Response) -> None:
    """Keep the answer to a call whose key was claimed, in the transaction it tells of."""
    at_end(session, _KEEP, *_answered(call, sealer, response))


def keep_late(
    session: AsyncSession,
    call: Call,
    sealer: Sealer,
    response: Response,
    *,
    now: datetime,
    days: int,
) -> None:
    """Take the key and keep the answer at once. The transaction fails when the key is taken."""
    answer, *taken = _answered(call, sealer, response)
    former = (call.former, call.target, call.key)
    until = now + timedelta(days=days)
    row_at_end(session, _KEEP_LATE, _KEPT_LATE, answer, *former, *taken, call.digest, until)


class Kept(Response):
    """An answer that is kept already: it was committed with the work that it tells of."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What keeps the answer to one call in the transaction that does the work; it can travel."""

    call: Call
    sealer: Sealer
    now: datetime
    days: int

    def keep(self, session: AsyncSession, body: BaseModel, status: int) -> Kept:
        """Take the key and keep the answer. The transaction fails when the key is taken."""
        content = body.model_dump_json(by_alias=True)
        answer = Kept(content, status, media_type="application/json")
        keep_late(session, self.call, self.sealer, answer, now=self.now, days=self.days)
        return answer


def _answered(call: Call, sealer: Sealer, response: Response) -> tuple[Any, ...]:
    headers = {k: v for k, v in response.headers.items() if k in KEPT_HEADERS}
    plain = orjson.dumps([response.status_code, headers]) + b"\n" + bytes(response.body)
    return sealer.seal(plain, context=call.context(call.caller)), call.caller, call.target, call.key


async def purge(session: AsyncSession, *, now: datetime) -> None:
    """Forget answers whose time is over."""
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.expires_at < now))


def _replayed(plain: bytes) -> Response:
    head, _, body = plain.partition(b"\n")
    status, headers = orjson.loads(head)
    return Response(body, status, {**headers, "Idempotent-Replayed": "true"})
