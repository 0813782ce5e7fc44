"""Rating a delivered service, once; amending it while its time runs; praise by default after it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.clock import city_day
from common.contracts.feedback import RatingChannel
from common.contracts.feedback_ratings import RatingIn, Verdict
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.drafts import drafted
from common.edge import must_match
from common.ending import in_one_statement, insert_at_end
from common.errors import FieldError, Text
from common.ids import timeless_id
from feedback import tables
from feedback.domain import ratings as rules
from feedback.domain.likeness import fingerprint
from feedback.domain.options import known_options
from feedback.queries import deliveries, devices, tallies
from feedback.queries import ratings as queries
from feedback.queries.ground import Ground, ground
from feedback.usecases import bad_ratings

KIND: Final = "rating"
_LABEL: Final = "rating.words"
_Delivery = tables.Delivery | deliveries.Given
_FROM_DELIVERY: Final = (
    *("offering_id", "provider_id", "venue_id", "service_item_id", "contract_id", "category"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict ready to be kept: sealed words, and their fingerprint."""

    level: int
    dimensions: dict[str, int]
    options: list[str]
    words: str | None
    likeness: int | None


async def rate(
    session: AsyncSession, wish: RatingIn, *, keys: Keys, by: Actor, now: datetime
) -> tables.Rating:
    """Rate a delivered service. Whoever comes second, by whatever way, finds it rated."""
    if wish.device_id is None:
        in_one_statement(session)
    delivery, base = await _found(session, wish)
    delivered = _delivered(delivery)
    rules.check_rater(by, delivered, wish.channel)
    rules.check_time(delivered, now)
    _check(wish, now)
    await _use_device(session, wish, delivered, now=now)
    rating_id = timeless_id()  # who rated when would tell who rated
    verdict = said(wish, rating_id, keys)
    row = _row(rating_id, delivery, wish.channel, verdict, now, device_id=wish.device_id)
    queries.put_at_end(session, row)
    if base is not None and (loop := bad_ratings.loop_of(row, base, now=now)):
        insert_at_end(session, loop)
    _tell(session, row, action="rating.make", by=by)
    return row


async def amend(
    session: AsyncSession,
    rating_id: UUID,
    wish: Verdict,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Rating:
    """Say something else within the days of amendment; what was said before is kept.

    What staff entered on a device or by telephone becomes the resident's own.
    """
    row = await queries.owned(session, rating_id, by.alias(Purpose.RATINGS))
    must_match(row.version, version)
    in_force = (await ground(session)).at(row.area_code, now)
    until = rules.amend_until(row.rated_at, in_force)
    if row.channel == RatingChannel.DEFAULT or city_day(now) > until:
        raise rules.RatingClosed(day=until)
    _check(wish, now)
    session.add(_kept(row))
    before, was_bad = tallies.of_rating(row, -1), rules.is_bad(row.level, in_force)
    if row.channel in rules.BY_STAFF:
        row.channel, row.device_id = RatingChannel.SELF, None
    row.version += 1
    row.amended_at = now
    _say(row, said(wish, row.id, keys))
    await tallies.note(session, [before, tallies.of_rating(row, 1)])
    await bad_ratings.open_if_bad(session, row, now=now, was_bad=was_bad)
    _tell(session, row, action="rating.amend", by=by)
    return row


class Praised(NamedTuple):
    """How many were praised, and after which delivery to go on; None: nothing is left."""

    number: int
    last: deliveries.Key | None


async def praise_by_default(
    session: AsyncSession, *, now: datetime, limit: int, after: deliveries.Key | None = None
) -> Praised:
    """Give default praise, which weighs nothing, to what nobody rated in time."""
    base = await ground(session)
    lapsed = await deliveries.lapsed(session, city_day(now), after=after, limit=limit)
    rows = [
        _praise(each, now)
        for each in lapsed
        if base.at(each.area_code, now).rule("rating.default_praise").known is True
    ]
    if rows:
        await queries.put(session, rows)
        feed.mark_many(session, KIND, [row.id for row in rows])
    last = (lapsed[-1].rate_until_on, lapsed[-1].id) if len(lapsed) == limit else None
    return Praised(len(rows), last)


async def _found(session: AsyncSession, wish: RatingIn) -> tuple[deliveries.Given, Ground | None]:
    """What is rated; with the ground, if only a look into the rules can tell that it is not bad."""
    if wish.level >= bad_ratings.NEVER_BAD:
        return await deliveries.found(session, wish.referral_id), None
    return await deliveries.found_with_ground(session, wish.referral_id)


def said(wish: Verdict, rating_id: UUID, keys: Keys) -> Said:
    """A verdict with its words sealed."""
    words = wish.words
    return Said(
        level=wish.level,
        dimensions={each.dimension.value: each.level for each in wish.dimensions},
        options=list(wish.options),
        words=words and keys.fields.seal(words, context=place(KIND, "words", rating_id)),
        likeness=fingerprint(words, keys.index.of(_LABEL, "likeness")) if words else None,
    )


def words_of(row: tables.Rating, keys: Keys) -> str | None:
    """What a rater wrote."""
    return row.words and keys.fields.open(row.words, context=place(KIND, "words", row.id))


def _check(wish: Verdict, now: datetime) -> None:
    dimensions = [each.dimension.value for each in wish.dimensions]
    rules.check_verdict(wish.level, dimensions, wish.options, known_options(), city_day(now))


async def _use_device(
    session: AsyncSession, wish: RatingIn, delivered: rules.Delivered, *, now: datetime
) -> None:
    """Take a turn on the device, which stands where the service was given."""
    is_device = wish.channel is RatingChannel.STAFF_DEVICE
    if is_device != (wish.device_id is not None):
        told = Text(
            "仅 staff_device 须填写设备", "a device goes with staff_device, and only with it"
        )
        raise rules.WrongRating(errors=[FieldError("/device_id", wish.device_id, told)])
    if wish.device_id is None:
        return
    device = await devices.found(session, wish.device_id)
    rules.check_device(rules.CounterDevice(device.venue_id, device.is_active), delivered, now)
    in_force = (await ground(session)).at(device.area_code, now)
    seconds = in_force.rule("rating.device_spacing").number
    if not await devices.take_turn(session, device.id, now=now, spacing_s=seconds):
        raise rules.DeviceBusy(seconds=seconds)


def _delivered(row: deliveries.Given) -> rules.Delivered:
    return rules.Delivered(
        row.rater,
        row.venue_id,
        row.area_code,
        row.served_at,
        row.rate_until_on,
        is_rated=row.rating_id is not None,
    )


def _row(
    rating_id: UUID,
    delivery: _Delivery,
    channel: RatingChannel,
    verdict: Said,
    now: datetime,
    *,
    device_id: UUID | None = None,
) -> tables.Rating:
    return drafted(
        tables.Rating,
        id=rating_id,
        referral_id=delivery.id,
        device_id=device_id,
        **{name: getattr(delivery, name) for name in _FROM_DELIVERY},
        area_code=rules.town_of(delivery.area_code),
        served_on=city_day(delivery.served_at),
        channel=channel,
        level=verdict.level,
        dimensions=verdict.dimensions,
        options=verdict.options,
        words=verdict.words,
        likeness=verdict.likeness,
        is_counted=channel is not RatingChannel.DEFAULT,
        rated_at=now,
        amended_at=None,
        version=1,
    )


def _praise(delivery: tables.Delivery, now: datetime) -> tables.Rating:
    verdict = Said(rules.BEST, {}, [], None, None)
    return _row(timeless_id(), delivery, RatingChannel.DEFAULT, verdict, now)


def _say(row: tables.Rating, verdict: Said) -> None:
    row.level, row.dimensions, row.options = verdict.level, verdict.dimensions, verdict.options
    row.words, row.likeness = verdict.words, verdict.likeness


def _kept(row: tables.Rating) -> tables.RatingVersion:
    kept: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("version", "channel", "level", "dimensions", "options", "words")
    }
    return tables.RatingVersion(rating_id=row.id, **kept, said_at=row.amended_at or row.rated_at)


def _tell(session: AsyncSession, row: tables.Rating, *, action: str, by: Actor) -> None:
    """Feed and audit. The log names staff, and no resident."""
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action=action,
        target=(KIND, row.id),
        area=row.area_code,
        after={"channel": row.channel, "version": row.version},
    )
