"""Ratings: written in one statement, found by who may see them, rendered for feed and portal."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Table,
    Uuid,
    bindparam,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.clock import city_day
from common.contracts.feedback import DimensionLevel, Rating, RatingChannel
from common.contracts.feedback_ratings import RatingReport
from common.contracts.feeds import Kind
from common.contracts.shapes import SMALLEST_FIGURE
from common.contracts.vocabulary import RatingDimension
from common.drafts import drafted
from common.ending import Value, at_end, insert_at_end
from common.errors import NotFound, Text
from common.scope import under
from feedback import tables
from feedback.domain.rectifications import UNTRUE
from feedback.queries import tallies

R, D, B, A = tables.Rating, tables.Delivery, tables.BadRating, tables.Appeal
M = tables.Mirrored
WHAT: Final = Text("评价", "rating")
_RATING: Final = cast(Table, R.__table__)
_CHANGE: Final = cast(Table, tables.TallyChange.__table__)
_COPIED: Final = (
    *("id", "offering_id", "provider_id", "venue_id", "service_item_id", "contract_id"),
    *("category", "area_code", "channel", "level", "options", "is_counted"),
)


def _rated() -> Any:
    """The rating, the mark on its delivered service, the change of a count: one round trip."""
    columns = [e for e in _RATING.columns if e.name != "amended_at" and e.computed is None]
    made = insert(_RATING).values({c: bindparam(f"r_{c.name}", type_=c.type) for c in columns})
    closed = update(D).where(D.id == bindparam("r_referral_id")).values(rating_id=bindparam("r_id"))
    counted = [each for each in _CHANGE.columns if each.name != "id"]
    change = insert(_CHANGE).values({c: bindparam(f"t_{c.name}", type_=c.type) for c in counted})
    return change.add_cte(
        made.returning(_RATING.c.id).cte("made"), closed.returning(D.id).cte("closed")
    )


_RATED: Final = _rated()
_CLOSED: Final = (
    "UPDATE delivery d SET rating_id = m.rating_id"
    " FROM unnest(?::uuid[], ?::uuid[]) AS m (rating_id, id)"
    " WHERE d.id = m.id RETURNING d.id, d.contract_id"
)


async def put(session: AsyncSession, rows: Sequence[tables.Rating]) -> None:
    """Write new ratings with all that belongs to them. The constraint has the last word on once."""
    await session.execute(_RATED, [_values(row) for row in rows])


def put_at_end(session: AsyncSession, row: tables.Rating) -> None:
    """Write a new rating by the statement that ends the transaction.

    Of two at once the second waits at the mark on the delivered service and finds it rated by the
    constraint; a service that is gone meanwhile leaves the rating without its key, and refused.
    """
    at_end(session, _CLOSED, [row.id], [row.referral_id], name="delivered")
    delivered = _of_delivered("id", row)
    payer = _of_delivered("contract_id", row)  # as it is now: it may be told late
    insert_at_end(session, row, referral_id=delivered, contract_id=payer)
    change = drafted(tables.TallyChange, **tallies.of_rating(row, 1))
    insert_at_end(session, change, contract_id=payer)


def _of_delivered(name: str, row: tables.Rating) -> Value:
    return Value(f"(SELECT {name} FROM delivered WHERE id = ?)", (row.referral_id,))


def _values(row: tables.Rating) -> dict[str, Any]:
    named = {f"r_{each.name}": getattr(row, each.name) for each in _RATING.columns}
    counted = tallies.of_rating(row, 1)
    return {**named, **{f"t_{name}": value for name, value in counted.items()}}


async def locked(session: AsyncSession, rating_id: UUID) -> tables.Rating:
    """A rating, locked until the transaction ends."""
    statement = select(R).where(R.id == rating_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT, key=rating_id)
    return row


async def unpaid(session: AsyncSession, referral_ids: Sequence[UUID]) -> Sequence[tables.Rating]:
    """Ratings of delivered services that name no contract, locked."""
    statement = select(R).where(R.referral_id.in_(referral_ids), R.contract_id.is_(None))
    return (await session.scalars(statement.order_by(R.id).with_for_update())).all()


async def own(
    session: AsyncSession, rater: str, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tables.Rating]:
    """A resident's own ratings, oldest first; one more than `limit` tells of a next page."""
    statement = select(R).join(D, D.id == R.referral_id).where(D.rater == rater)
    if after is not None:
        statement = statement.where(tuple_(R.rated_at, R.id) > after)
    return (await session.scalars(statement.order_by(R.rated_at, R.id).limit(limit + 1))).all()


async def owned(session: AsyncSession, rating_id: UUID, rater: str) -> tables.Rating:
    """One of a resident's own ratings, locked."""
    statement = (
        select(R)
        .join(D, D.id == R.referral_id)
        .where(R.id == rating_id, D.rater == rater)
        .with_for_update(of=R)
    )
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT, key=rating_id)
    return row


async def rated(
    session: AsyncSession, provider_id: UUID, *, before: date, after: UUID | None, limit: int
) -> Sequence[Any]:
    """A body's ratings before a month as it may see them: of services with ten in their month.

    And those that a desk has found untrue, which may be appealed though they stand alone. Each
    comes with its appeal, if there is one, and whether it stands among ten. Their order is that of
    their ids, which is none.
    """
    among_ten = _crowd() >= SMALLEST_FIGURE
    statement = (
        select(R, A.appealed_at, A.is_upheld, among_ten.label("is_among_ten"))
        .outerjoin(A, A.id == R.id)
        .outerjoin(B, B.rating_id == R.id)
        .where(
            R.provider_id == provider_id,
            R.rated_on < before,
            R.channel != RatingChannel.DEFAULT,
            or_(among_ten, B.finding.in_(UNTRUE)),
        )
    )
    if after is not None:
        statement = statement.where(R.id > after)
    return (await session.execute(statement.order_by(R.id).limit(limit + 1))).all()


def _crowd() -> ColumnElement[int]:
    """How many ratings of a service a body got in the month of one, counted up to ten.

    Default praise is spelt out, as in the index that leaves it out (`ix_rating_of_month`).
    """
    other = aliased(R)
    month = func.date_trunc("month", R.rated_on).cast(Date)
    praise: ColumnElement[str] = bindparam(None, str(RatingChannel.DEFAULT), literal_execute=True)
    among = (
        select(other.id)
        .where(
            *(other.offering_id == R.offering_id, other.provider_id == R.provider_id),
            other.rated_on >= month,
            other.rated_on < (month + func.make_interval(0, 1)).cast(Date),
            other.channel != praise,
        )
        .limit(SMALLEST_FIGURE)
        .correlate(R)
    )
    return select(func.count()).select_from(among.subquery()).scalar_subquery()


async def reports(
    session: AsyncSession,
    area_prefix: str,
    *,
    before: date,
    after: tuple[date, UUID] | None,
    limit: int,
) -> Sequence[RatingReport]:
    """Ratings before a day as a provincial platform collects them; one more tells of a next page.

    By day, and within a day in no order that tells the hour.
    """
    named = {kind: aliased(M) for kind in (Kind.OFFERING, Kind.SERVICE_ITEM, Kind.ORGANISATION)}
    area = aliased(M)
    keys = (R.offering_id, R.service_item_id, R.provider_id)
    statement = select(
        R,
        *(m.state["name"].astext for m in named.values()),
        named[Kind.SERVICE_ITEM].state["code"].astext,
        named[Kind.ORGANISATION].state["credit_code"].astext,
        area.state["path_name"].astext,
    )
    for (kind, mirrored), key in zip(named.items(), keys, strict=True):
        statement = statement.outerjoin(
            mirrored, (mirrored.kind == kind.value) & (mirrored.record_id == key)
        )
    statement = statement.outerjoin(
        area, (area.kind == Kind.AREA.value) & (area.area_code == R.area_code)
    ).where(under(R.area_code, area_prefix), R.rated_on < before)
    if after is not None:
        statement = statement.where(tuple_(R.rated_on, R.id) > after)
    rows = await session.execute(statement.order_by(R.rated_on, R.id).limit(limit + 1))
    return [_report(*row) for row in rows]


def _report(row: tables.Rating, *names: str | None) -> RatingReport:
    offering, item, organisation, item_code, credit_code, area = names
    return RatingReport(
        evaluate_channel=RatingChannel(row.channel),
        proj_no=row.id,
        proj_name=offering,
        service_name=item,
        service_code=item_code,
        service_department=organisation,
        service_department_code=credit_code,
        handle_state_code="served",
        region_code=row.area_code,
        region_name=area,
        source="linli",
        service_category=row.category,
        user_prop="natural_person",
        satisfaction=row.level,
        is_default=row.channel == RatingChannel.DEFAULT,
        eval_detail=row.options,
        transaction_on=row.rated_on,
    )


def dimensions(levels: Mapping[str, int]) -> list[DimensionLevel]:
    """The dimensions of a rating in their order."""
    return [
        DimensionLevel(dimension=each, level=levels[each])
        for each in RatingDimension
        if each in levels
    ]


_STATES: Final = (
    select(
        *(getattr(R, name) for name in _COPIED),
        *(R.dimensions, R.rated_on, R.amended_at),
        *(B.verified_at, B.rectified_at, B.called_back_at),
        func.coalesce(B.late_level, 0).label("escalation_level"),
        *(A.appealed_at, A.decided_at.label("appeal_decided_at")),
        A.is_upheld.label("is_appeal_upheld"),
    )
    .outerjoin(B, B.rating_id == R.id)
    .outerjoin(A, A.id == R.id)
    .where(R.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
)
_AS_THEY_ARE: Final = (
    *(*_COPIED, "rated_on"),
    *("verified_at", "rectified_at", "called_back_at", "escalation_level"),
    *("appealed_at", "appeal_decided_at", "is_appeal_upheld"),
)


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Rating]:
    """The feed's states: no rater, no referral, the day alone, the town alone."""
    rows = await session.execute(_STATES, {"ids": list(ids)})
    return {row.id: _state(row) for row in rows}


def _state(row: Any) -> Rating:
    return Rating(
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
        dimensions=dimensions(row.dimensions),
        amended_on=None if row.amended_at is None else city_day(row.amended_at),
    )
