"""Making a referral: all that its rules look at in one statement, then place and row in one.

Either the need is locked first; then the row of a busy capacity stays locked from the second
statement to the commit, and nothing that could be asked before stands between them. Or nothing is
locked, and the second statement, which ends the transaction, refuses whatever has changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Table,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from common.auth.actor import Actor
from common.contracts.feeds import Kind
from common.contracts.matching import NeedStatus
from common.contracts.matching_needs import StandingKind
from common.contracts.matching_referrals import ReferralIn
from common.ending import at_end, execute_at_end, insert_at_end
from common.errors import NotFound
from common.rules import RuleTable
from common.rules_table import RuleRow, rule_table
from common.stamped import Stamped
from matching import tables
from matching.domain.contracts import Contract
from matching.domain.places import NO_SESSION, Slot
from matching.domain.standing import Claim, Held
from matching.queries import needs, places
from matching.queries.contracts import C, of_provider
from matching.queries.needs import visible

N, P, S, M = tables.Need, tables.Profile, tables.Supply, tables.Mirrored
Places = tables.Capacity
_REFERRAL: Final = cast(Table, tables.Referral.__table__)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules of a referral look at."""

    need: tables.Need
    profile: tables.Profile | None
    standing: Sequence[Held]
    supply: tables.Supply
    offering: Mapping[str, Any]
    contracts: Sequence[Contract]
    rules: RuleTable


class Read(NamedTuple):
    """What was read without a lock. Whether places are free is a hint; None: nobody has asked."""

    facts: Facts
    is_free: bool | None


_STANDING: Final = (
    select(func.coalesce(func.jsonb_agg(literal_column("to_jsonb(standing)")), func.jsonb("[]")))
    .where(tables.Standing.need_id == N.id)
    .scalar_subquery()
)
_CONTRACTS: Final = (
    select(func.coalesce(func.jsonb_agg(C.state), func.jsonb("[]")))
    .where(*of_provider(S.provider_id.expression))
    .correlate(S)
    .scalar_subquery()
)
_STAMP: Final = (  # what changes with every rule; no row is ever deleted
    select(func.count()).select_from(RuleRow).scalar_subquery().label("rule_count"),
    select(func.max(RuleRow.updated_at)).scalar_subquery().label("ruled_at"),
)
_RULES: Final = Stamped(rule_table)
_OFFERING: Final = func.jsonb_build_object(
    *("id", M.state["id"]),
    *("category_path", M.state["category_path"]),
    *("eligibility", M.state["eligibility"]),
)
_FACTS: Final = (
    select(N, P, S, _OFFERING.label("offering"), _CONTRACTS.label("contracts"))
    .add_columns(_STANDING.label("standing"), *_STAMP)
    .options(
        load_only(N.id, N.number, N.status, N.resident, N.rater, N.urgency, N.area_code),
        load_only(N.category, N.version),
        load_only(P.age_band, P.groups, P.household_area),
    )
    .outerjoin(P, P.need_id == N.id)
    .outerjoin(S, S.offering_id == bindparam("offering_id"))
    .outerjoin(M, and_(M.kind == Kind.OFFERING.value, M.record_id == bindparam("offering_id")))
    .where(N.id == bindparam("need_id"))
    .execution_options(populate_existing=True)
)
_IS_FREE: Final = (
    select((Places.waiting == 0) & places.fits(bindparam("wanted", type_=Places.taken.type)))
    .where(
        Places.offering_id == bindparam("offering_id"),
        bindparam("day", type_=Places.starts_on.type).between(Places.starts_on, Places.ends_on),
        Places.session == bindparam("session"),
    )
    .limit(1)
    .scalar_subquery()
)
_LOCKED: Final = _FACTS.with_for_update(of=N)
_READ: Final = _FACTS.add_columns(_IS_FREE.label("is_free"))


async def facts(
    session: AsyncSession, actor: Actor | None, need_id: UUID, offering_id: UUID
) -> Facts:
    """Everything at once, of a need that the caller may see; None: the caller has been let in.

    The need stays locked.
    """
    statement = _LOCKED if actor is None else _LOCKED.where(visible(actor))
    found = await session.execute(statement, {"need_id": need_id, "offering_id": offering_id})
    return await _told(session, found.one_or_none(), need_id, offering_id)


async def read(session: AsyncSession, actor: Actor, wish: ReferralIn, day: date) -> Read:
    """The same without a lock, and a glance at the places of the day."""
    named = {"need_id": wish.need_id, "offering_id": wish.offering_id, "wanted": wish.places}
    found = await session.execute(
        _READ.where(visible(actor)), {**named, "day": day, "session": wish.session or NO_SESSION}
    )
    row = found.one_or_none()
    told = await _told(session, row, wish.need_id, wish.offering_id)
    return Read(told, is_free=None if row is None else row.is_free)


async def _told(
    session: AsyncSession, row: Row[Any] | None, need_id: UUID, offering_id: UUID
) -> Facts:
    if row is None:
        raise NotFound(what=needs.WHAT, key=need_id)
    if row.Supply is None or row.offering["id"] is None:
        raise NotFound(what=places.WHAT, key=offering_id)
    return Facts(
        need=row.Need,
        profile=row.Profile,
        standing=[_held(each) for each in row.standing],
        supply=row.Supply,
        offering=row.offering,
        contracts=[Contract.told(each) for each in row.contracts],
        rules=await _RULES.at(session, (row.rule_count, row.ruled_at)),
    )


def _held(found: Mapping[str, Any]) -> Held:
    verified_at, expires_on = found["verified_at"], found["expires_on"]
    claim = Claim(
        kind=StandingKind(found["kind"]),
        verified_at=datetime.fromisoformat(verified_at) if verified_at else None,
        expires_on=date.fromisoformat(expires_on) if expires_on else None,
        is_refused=found["is_refused"],
    )
    return Held(claim, found["grade"])


def _made(*, with_need: bool) -> Any:
    """Take the places; only if they were there, write the row; only then move the need."""
    taken = places.TAKE.cte("taken")
    columns = list(_REFERRAL.columns)
    values = select(*(bindparam(f"r_{each.name}", type_=each.type) for each in columns))
    made = (
        insert(_REFERRAL)
        .from_select([each.name for each in columns], values.where(exists(select(taken.c.taken))))
        .returning(_REFERRAL.c.id)
        .cte("made")
    )
    statement = select(func.count()).select_from(made)
    if not with_need:
        return statement
    moved = (
        update(N)
        .where(N.id == bindparam("r_need_id"), exists(select(made.c.id)))
        .values(
            status=bindparam("n_status"),
            referred_at=bindparam("r_made_at"),
            version=N.version + 1,
            updated_at=bindparam("r_made_at"),
            updated_by=bindparam("r_created_by"),
        )
        .returning(N.id)
        .cte("moved")
    )
    return statement.add_cte(moved)


_PLACED: Final = _made(with_need=False)
_REFERRED: Final = _made(with_need=True)


async def place(
    session: AsyncSession, row: tables.Referral, *, need_becomes: str | None = None
) -> bool:
    """Write a referral together with the places it takes; False, and nothing, when they are gone.

    `need_becomes` moves the need in the same statement; its row in the session is then stale.
    """
    named = {f"r_{name}": getattr(row, name) for name in _REFERRAL.columns.keys()}  # noqa: SIM118 - columns, no dict
    slot = Slot(row.offering_id, row.starts_on, row.session)
    values = {**named, **places.named(slot), "wanted": row.places}
    if need_becomes is None:
        return bool(await session.scalar(_PLACED, values))
    return bool(await session.scalar(_REFERRED, {**values, "n_status": need_becomes}))


_IF_MOVED: Final[ColumnElement[bool]] = literal_column("EXISTS (SELECT FROM moved)")
_TAKE: Final = places.TAKE.where(_IF_MOVED)
_TAKE_FIRST: Final = places.take_first(_IF_MOVED)
_MOVE: Final = (
    "UPDATE need SET status = ?, referred_at = ?, version = version + 1, updated_at = ?,"
    " updated_by = ? WHERE id = ? AND version = ? RETURNING id"
)


def place_at_end(session: AsyncSession, row: tables.Referral, read: Read, ends_on: date) -> None:
    """Move the need, take the places, write the row, by the statement that ends the transaction.

    A need that has moved since it was read takes no place, and without its places a row has no
    need and is refused, with all that was to be written.
    """
    need, supply = read.facts.need, read.facts.supply
    moved = (NeedStatus.REFERRED, row.made_at, row.made_at, row.updated_by, need.id, need.version)
    at_end(session, _MOVE, *moved, name="moved")
    slot = places.named(Slot(row.offering_id, row.starts_on, row.session))
    period = {"slot_ends": ends_on, "slot_period": supply.capacity_period}
    take = _TAKE_FIRST if read.is_free is None else _TAKE
    execute_at_end(session, take, {**slot, **period, "wanted": row.places}, name="taken")
    insert_at_end(session, row, need_id="(SELECT id FROM moved, taken)")
