"""Making a referral: all that its rules look at in one statement, then place and row in one.

Either the need is locked first; then the row of a busy capacity stays locked from the second
statement to the commit, and nothing that could be asked before stands between them. Or nothing is
locked, and the second statement, which ends the transaction, refuses whatever has changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Table,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.matching import NeedStatus
from common.contracts.matching_needs import StandingKind
from common.contracts.registry.offerings import CapacityPeriod
from common.contracts.registry.venues import VenueStatus
from common.ending import Value, at_end, execute_at_end, insert_at_end
from common.errors import NotFound
from common.rules import RuleTable
from common.scope import is_in_line, is_own
from common.straight import rows
from matching import tables
from matching.domain.contracts import Contract
from matching.domain.opening import Hours
from matching.domain.places import NO_SESSION, Slot, span
from matching.domain.standing import Claim, Held
from matching.queries import needs, places, rules
from matching.queries.hours import COUNT_THERE, told

N = tables.Need
_REFERRAL: Final = cast(Table, tables.Referral.__table__)


class Wanted(NamedTuple):
    """Which need is to be referred where, for which day and how many."""

    need_id: UUID
    offering_id: UUID
    session_on: date
    session: str | None
    places: int


class Need(NamedTuple):
    """A need, as far as a referral depends on it."""

    id: UUID
    status: str
    resident: str | None
    rater: str | None
    urgency: int
    area_code: str
    line: str
    category: str
    version: int


class Profile(NamedTuple):
    """For whom it is."""

    age_band: str | None
    groups: list[str]
    household_area: str | None
    accessibility: list[str] | None


class Supply(NamedTuple):
    """An offering, as far as a referral depends on it."""

    offering_id: UUID
    provider_id: UUID | None
    venue_id: UUID | None
    space_id: UUID | None
    service_item_id: UUID | None
    category: str
    category_path: str | None
    eligibility: str | None
    area_code: str
    funding_source: str | None
    price_fen: int | None
    capacity: int | None
    capacity_period: str
    channels: list[str] | None
    is_open: bool

    @property
    def categories(self) -> str:
        """Its category with all above it, as a path."""
        return self.category_path or self.category


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules of a referral look at.

    Whether places are free is a hint; None: nobody has asked for the period yet. Hours are as runs
    and matches read them; where places are counted over more than a day only rooms ask for them.
    """

    need: Need
    profile: Profile | None
    standing: Sequence[Held]
    supply: Supply
    contracts: Sequence[Contract]
    rules: RuleTable
    is_free: bool | None
    hours: Hours
    features: Sequence[str]  # of the venue, read only for whom they matter
    venue_stands: bool  # or is not known here


def _of(alias: str, row: type[Any]) -> str:
    return ", ".join(f"{alias}.{name}" for name in row._fields)


# Whether hours are asked for.
_HAPPENS: Final = "(s.capacity_period IN ('at_once', 'session', 'day') OR s.space_id IS NOT NULL)"
# Handed to the driver as it is: asked for each referral. Of the rules only the edition is read.
# Contracts are found by `ix_mirrored_contract`.
_FACTS: Final = f"""
SELECT {_of("n", Need)}, {_of("p", Profile)}, {_of("s", Supply)},
  p.need_id IS NOT NULL, (SELECT edition FROM rule_edition),
  ARRAY(SELECT to_jsonb(standing) FROM standing WHERE need_id = n.id),
  ARRAY(SELECT state FROM mirrored
   WHERE kind = 'contract' AND state ->> 'status' = 'active'
     AND state ->> 'provider_id' = s.provider_id::text),
  (SELECT waiting = 0 AND (places IS NULL OR taken + $3 <= places) FROM capacity
   WHERE offering_id = $2 AND starts_on = ANY($4) AND ends_on >= $5
     AND period = s.capacity_period
     AND session = CASE period WHEN 'session' THEN $6 ELSE '' END),
  CASE WHEN {_HAPPENS} THEN s.schedule END,
  (SELECT ARRAY[
    state ->> 'status',
    CASE WHEN {_HAPPENS} AND {COUNT_THERE} THEN state ->> 'opening_hours' END,
    CASE WHEN p.accessibility <> '{{}}' THEN state ->> 'accessibility' END
   ] FROM mirrored WHERE kind = 'venue' AND record_id = s.venue_id)
FROM need n
  LEFT JOIN profile p ON p.need_id = n.id
  LEFT JOIN supply s ON s.offering_id = $2
WHERE n.id = $1
"""
_UNKNOWN: Final = (None, None, None)  # a venue that no feed has told yet
_STANDS: Final = (None, VenueStatus.ACTIVE)
_LOCKED: Final = f"{_FACTS}FOR UPDATE OF n"
_TO_PROFILE: Final = len(Need._fields)
_TO_SUPPLY: Final = _TO_PROFILE + len(Profile._fields)
_TO_REST: Final = _TO_SUPPLY + len(Supply._fields)


async def facts(session: AsyncSession, actor: Actor | None, wanted: Wanted, *, lock: bool) -> Facts:
    """Everything at once, of a need that the caller may see; None: the caller has been let in.

    With `lock` the need stays as it is until the transaction ends.
    """
    period = _starts(wanted.session_on), wanted.session_on, wanted.session or NO_SESSION
    asked = wanted.need_id, wanted.offering_id, wanted.places, *period
    found = await rows(session, _LOCKED if lock else _FACTS, *asked)
    if not found:
        raise NotFound(what=needs.WHAT, key=wanted.need_id)
    [row] = found
    need, supply = Need(*row[:_TO_PROFILE]), Supply(*row[_TO_SUPPLY:_TO_REST])
    if actor is not None and not _is_seen(actor, need):
        await needs.found(session, actor, need.id)
    if row[_TO_SUPPLY] is None:
        raise NotFound(what=places.WHAT, key=wanted.offering_id)
    has_profile, edition, standing, contracts, is_free, own, venue = row[_TO_REST:]
    state, hours, features = venue or _UNKNOWN
    return Facts(
        need=need,
        profile=Profile(*row[_TO_PROFILE:_TO_SUPPLY]) if has_profile else None,
        standing=[_held(each) for each in standing],
        supply=supply,
        contracts=[Contract.told(each) for each in contracts],
        rules=await rules.KEPT.at(session, (edition,)),
        is_free=is_free,
        hours=told(own, hours),
        features=orjson.loads(features) if features else (),
        venue_stands=state in _STANDS,
    )


@lru_cache(maxsize=512)
def _starts(day: date) -> Sequence[date]:
    """Where a period may begin that a day lies in."""
    return [*{span(period, day).starts_on for period in CapacityPeriod}]


def _is_seen(actor: Actor, need: Need) -> bool:
    """Whether a need is plainly the caller's business; else `needs.visible` has the last word."""
    return is_in_line(actor, need.area_code, need.line) or is_own(actor, need.resident)


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
    "UPDATE need SET status = ?::text, referred_at = ?, version = version + 1, updated_at = ?,"
    " updated_by = ? WHERE id = ? AND version = ? RETURNING id"
)


def place_at_end(session: AsyncSession, row: tables.Referral, facts: Facts, ends_on: date) -> None:
    """Move the need, take the places, write the row, by the statement that ends the transaction.

    A need that has moved since it was read takes no place, and without its places a row has no
    need and is refused, with all that was to be written.
    """
    need = facts.need
    moved = (NeedStatus.REFERRED, row.made_at, row.made_at, row.updated_by, need.id, need.version)
    at_end(session, _MOVE, *moved, name="moved")
    slot = places.named(Slot(row.offering_id, row.starts_on, row.session))
    period = {"slot_ends": ends_on, "slot_period": facts.supply.capacity_period}
    take = _TAKE_FIRST if facts.is_free is None else _TAKE
    execute_at_end(session, take, {**slot, **period, "wanted": row.places}, name="taken")
    insert_at_end(session, row, need_id=Value("(SELECT id FROM moved, taken)"))
