"""Booking the rooms that sessions need, in steps that may each be cut off and taken again.

A row says what is to be done; it is claimed, the registry is called outside of any transaction, and
what it said is written down. The booking has the id of the row, so that a call that was made twice
is one booking. A refusal sends the referrals back with their places; so does a registry that stays
silent until the session begins. Whatever was refused is cancelled too: nobody knows what a call
that was cut off has left behind.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from common.clients.registry import RegistryClient
from common.clock import utc_now
from common.contracts.matching import ReferralStatus
from common.contracts.matching_referrals import DeclineReason, RoomStatus
from common.contracts.registry.bookings import Booking, BookingIn, SpacePurpose
from common.db import Database
from common.errors import Problem, Unavailable
from matching import tables
from matching.domain import rooms as rules
from matching.domain.referrals import ReferralCannotMove
from matching.queries import rooms as queries
from matching.usecases import referral_steps
from matching.usecases.places import CLOCKWORK
from matching.usecases.referral_steps import Step
from matching.usecases.rooms import move

BATCH: Final = 20
SILENT: Final = "registry-silent"  # nobody answered before the session began
_SENT_BACK: Final = {"decline_reason": DeclineReason.NO_ROOM.value}

log = structlog.get_logger(__name__)


async def work(database: Database, registry: RegistryClient, *, now: datetime) -> int:
    """See to the rooms that are due; how many those were."""
    async with database.sessions.begin() as session:
        claimed = await queries.claim(session, now=now, limit=BATCH)
    for room_id in claimed:
        try:
            await _see_to(database, registry, room_id, now=now)
        except Exception as fault:  # whatever it is, the other rooms are seen to
            log.info("room is asked for again", room=str(room_id), fault=type(fault).__name__)
            await _try_again(database, room_id)
    return len(claimed)


async def _see_to(
    database: Database, registry: RegistryClient, room_id: UUID, *, now: datetime
) -> None:
    """The next step of one room."""
    async with database.sessions() as session:
        room = await session.get_one(tables.Room, room_id)
        is_blocked = await queries.is_in_the_way(session, room)
    match RoomStatus(room.status):
        case RoomStatus.WANTED if room.starts_at <= now:
            await _refuse(database, room_id, SILENT)
        case RoomStatus.WANTED if is_blocked:
            await _try_again(database, room_id)
        case RoomStatus.WANTED:
            await _book(database, registry, room)
        case RoomStatus.REFUSED:
            await _send_back(database, room_id)
        case RoomStatus.LEAVING:
            await _cancel(database, registry, room_id)
        case _:
            return


async def _book(database: Database, registry: RegistryClient, room: tables.Room) -> None:
    try:
        booking = await registry.book(room.id, asked(room))
    except Unavailable:
        raise
    except Problem as refusal:
        await _refuse(database, room.id, refusal.slug)
        return
    if booking.status in rules.DEAD:  # booked before, and taken away meanwhile
        await _refuse(database, room.id, booking.cancel_reason or booking.status)
        return
    await _booked(database, booking)


def asked(room: tables.Room) -> BookingIn:
    """The booking as the registry is asked for it: by the office, for a service."""
    return BookingIn(
        space_id=room.space_id,
        offering_id=room.offering_id,
        purpose=SpacePurpose.SERVICE,
        starts_at=room.starts_at,
        ends_at=room.ends_at,
        persons=room.persons,
    )


async def _booked(database: Database, booking: Booking) -> None:
    """Write down that the room is ours; what is still to be done is seen to at once."""
    async with database.sessions.begin() as session:
        room = await queries.locked(session, booking.id)
        if room is None:
            return
        if room.status == RoomStatus.WANTED:
            move(room, RoomStatus.BOOKED)
        elif room.due_at is not None:  # nobody wants it any more
            room.due_at = utc_now()


async def _refuse(database: Database, room_id: UUID, reason: str) -> None:
    async with database.sessions.begin() as session:
        room = await queries.locked(session, room_id)
        if room is None:
            return
        if room.status == RoomStatus.WANTED:
            move(room, RoomStatus.REFUSED, due_at=utc_now(), refusal=reason)
        elif room.due_at is not None:
            room.due_at = utc_now()


async def _send_back(database: Database, room_id: UUID) -> None:
    """Give back the place of each referral that counted on a room, one transaction each."""
    async with database.sessions() as session:
        holders = await queries.holders(session, room_id)
    for referral_id in holders:
        step = Step(ReferralStatus.DECLINED, CLOCKWORK, utc_now(), values=dict(_SENT_BACK))
        try:
            async with database.sessions.begin() as session:
                await referral_steps.take(session, referral_id, step)
        except ReferralCannotMove:
            continue  # somebody was quicker
    async with database.sessions.begin() as session:
        room = await queries.locked(session, room_id)
        if room is not None and room.status == RoomStatus.REFUSED:
            move(room, RoomStatus.LEAVING, due_at=utc_now())


async def _cancel(database: Database, registry: RegistryClient, room_id: UUID) -> None:
    try:
        await registry.cancel_booking(room_id)
    except Unavailable:
        raise
    except Problem as refusal:  # it is over: used, or nobody came
        log.info("room stays as it is", room=str(room_id), refusal=refusal.slug)
    async with database.sessions.begin() as session:
        room = await queries.locked(session, room_id)
        if room is not None and room.status == RoomStatus.LEAVING:
            move(room, RoomStatus.LEFT)


async def _try_again(database: Database, room_id: UUID) -> None:
    async with database.sessions.begin() as session:
        room = await queries.locked(session, room_id)
        if room is not None and room.due_at is not None:
            room.due_at = utc_now() + rules.pause(room.tries)
            room.tries += 1
