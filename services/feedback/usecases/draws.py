"""Draws: set up with a sealed seed, listed, closed, drawn in public."""

import os
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts import feedback_draws as contracts
from common.contracts.feedback_draws import DrawStatus
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import Text
from common.ids import uuid7
from common.records import made, touch
from feedback import tables
from feedback.domain import sortition as rules
from feedback.queries import draws as queries

KIND: Final = "draw"


async def set_up(
    session: AsyncSession, wish: contracts.DrawIn, *, keys: Keys, by: Actor, now: datetime
) -> tables.Draw:
    """A draw with its seed, which nobody sees before it is drawn; its SM3 is public at once."""
    by.must_cover(wish.area_code)
    rules.check_strata(wish.strata)
    rules.check_set_up(wish.public_on, city_day(now))
    draw_id, seed = uuid7(), os.urandom(rules.SEED_BYTES)
    row = tables.Draw(
        id=draw_id,
        status=DrawStatus.OPEN,
        commitment_sm3=rules.commitment(seed),
        sealed_seed=keys.seal(seed, context=place("draw", "sealed_seed", draw_id)),
        **wish.model_dump(exclude={"strata"}),
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    session.add_all(tables.DrawStratum(draw_id=row.id, **each.model_dump()) for each in wish.strata)
    await session.flush()
    _note(session, by, "set_up", row, {"commitment_sm3": row.commitment_sm3})
    return row


async def add_candidates(
    session: AsyncSession, draw_id: UUID, wish: contracts.CandidatesIn, *, by: Actor, now: datetime
) -> tables.Draw:
    """Put candidates on the list while it is open."""
    row = await queries.found(session, draw_id, lock=True)
    by.must_cover(row.area_code)
    rules.check_step(DrawStatus(row.status), DrawStatus.OPEN, Text("登记候选", "new candidates"))
    known = await queries.listed(session, draw_id)
    rules.check_candidates(wish.candidates, known, await _seats(session, draw_id))
    await queries.put(session, draw_id, wish.candidates)
    touch(row, by, now)
    _note(session, by, "add_candidates", row, {"count": len(wish.candidates)})
    return row


async def close(
    session: AsyncSession, draw_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.Draw:
    """Close the list and publish its SM3, before the public number comes out."""
    row = await _held(session, draw_id, version, by)
    rules.check_step(DrawStatus(row.status), DrawStatus.OPEN, Text("冻结名单", "closing"))
    rules.check_closing(row.public_on, city_day(now))
    listed = await queries.listed(session, draw_id)
    rules.check_enough(listed, await _seats(session, draw_id))
    row.status, row.list_sm3, row.closed_at = DrawStatus.CLOSED, rules.list_digest(listed), now
    touch(row, by, now)
    _note(session, by, "close", row, {"list_sm3": row.list_sm3})
    return row


async def draw(
    session: AsyncSession,
    draw_id: UUID,
    public_value: str,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Draw:
    """Draw with the public number and tell the seed: anybody can draw the same again."""
    row = await _held(session, draw_id, version, by)
    rules.check_step(DrawStatus(row.status), DrawStatus.CLOSED, Text("抽签", "drawing"))
    rules.check_public_day(row.public_on, city_day(now))
    seed = keys.unseal(row.sealed_seed, context=place("draw", "sealed_seed", row.id))
    listed = await queries.listed(session, draw_id)
    seats = await _seats(session, draw_id)
    await queries.place(session, draw_id, rules.draw(listed, seats, seed, public_value))
    row.status, row.seed, row.public_value = DrawStatus.DRAWN, seed.hex(), public_value
    row.drawn_at = now
    touch(row, by, now)
    _note(session, by, "draw", row, {"public_value": public_value})
    return row


async def _held(session: AsyncSession, draw_id: UUID, version: int, by: Actor) -> tables.Draw:
    row = await queries.found(session, draw_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    return row


async def _seats(session: AsyncSession, draw_id: UUID) -> dict[str, int]:
    strata = (await queries.strata(session, [draw_id]))[draw_id]
    return {stratum.code: stratum.seats for stratum in strata}


def _note(
    session: AsyncSession, by: Actor, what: str, row: tables.Draw, facts: dict[str, Any]
) -> None:
    audit.note(
        session,
        by,
        action=f"{KIND}.{what}",
        target=(KIND, row.id),
        area=row.area_code,
        after={"status": row.status, **facts},
    )
