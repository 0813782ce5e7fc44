"""Import an edition of the division list: all of it or nothing, once, one import at a time."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor, is_area
from common.clock import city_day
from common.codes import Division
from common.contracts.registry.areas import AreaEdition, EditionChange, EditionChangeRow
from common.errors import Conflict, FieldError, Invalid, Text
from common.ids import uuid7
from registry import tables
from registry.domain import editions as rules
from registry.domain.areas import check_past
from registry.domain.editions import EditionRow, Known, Plan
from registry.queries import area_periods as periods
from registry.queries import editions as queries
from registry.usecases.area_followers import follow
from registry.usecases.editing import PURPOSE
from registry.usecases.edition_writing import Offer, write

MOST_ERRORS: Final = 200
MOST_CHANGES: Final = 1000


class BadEdition(Invalid):
    """The list has faults; nothing was imported."""

    slug = "bad-edition"
    title = Text("区划名录有误", "The division list has faults")
    detail = Text(
        "名录中有 {count} 处错误，未导入任何内容；此处列出前 {shown} 处。",
        "The list has {count} faults, nothing was imported; the first {shown} are told.",
    )


class EditionNotLater(Conflict):
    """A later edition, or one of the same day, is in force already."""

    slug = "edition-not-later"
    title = Text("版本日期不晚于现行版本", "Not later than the edition in force")
    detail = Text(
        "现行版本“{name}”自 {day} 起生效，新版本须晚于该日。",
        "Edition {name} is in force since {day}; a new one must be later.",
    )


class EditionEndsTooMuch(Conflict):
    """The list would end an unlikely share of all areas: it is probably cut off."""

    slug = "edition-ends-too-much"
    title = Text("终止的区划过多", "The edition ends too much")
    detail = Text(
        "按此名录将终止 {ended} 个区划（现有 {known} 个），文件可能不完整；"
        "确认无误请带参数 confirm_endings。",
        "The list would end {ended} of {known} areas and may be cut off; "
        "if it is right, send confirm_endings.",
    )


async def import_edition(
    session: AsyncSession, offer: Offer, rows: Sequence[EditionRow], *, by: Actor, now: datetime
) -> AreaEdition:
    """Compare a list with what stands, and make it so; a dry run only tells what would change.

    The same list for the same scope and day is imported once: again, it answers with the first
    report. Records that lie in a moved or merged area follow it.
    """
    by.must_cover(offer.scope)
    _check_offer(offer, city_day(now))
    digest = _digest(offer, rows)
    await queries.lock_editions(session)
    await periods.lock_containment(session)
    before = await queries.same_edition(session, offer.scope, digest)
    if before is not None:
        return report(before)
    known = await queries.known_divisions(session)
    plan = _plan(rows, known, offer)
    await _must_be_later(session, offer)
    if offer.dry_run:
        return AreaEdition(**_facts(offer, rows, plan), **_NOT_IMPORTED)

    ids = await write(session, plan, known, offer, by=by, now=now)
    in_use = await follow(session, plan, ids, on=offer.valid_from, by=by, now=now)
    row = tables.AreaEdition(
        **{k: v for k, v in _facts(offer, rows, plan).items() if k != "dry_run"},
        id=uuid7(),
        digest=digest,
        ended_in_use=in_use,
        imported_at=now,
        imported_by=by.alias(PURPOSE),
    )
    session.add(row)
    after = {"name": offer.name, "scope": offer.scope, "digest": digest, "counts": row.counts}
    audit.note(
        session,
        by,
        action="area.import",
        target=("area_edition", row.id),
        area=offer.scope,
        after=after,
    )
    return report(row)


_NOT_IMPORTED: Final[dict[str, Any]] = {
    "id": None,
    "ended_in_use": [],
    "imported_at": None,
    "imported_by": None,
}


def _check_offer(offer: Offer, today: date) -> None:
    check_past(offer.valid_from, today, pointer="/valid_from")
    if not is_area(offer.scope) or Division.from_short(offer.scope).is_aggregate:
        message = Text("须为 2、6、9 位区划前缀", "must be a prefix of 2, 6 or 9 digits")
        raise BadEdition(count=1, shown=1, errors=[FieldError("/scope", offer.scope, message)])


def _digest(offer: Offer, rows: Sequence[EditionRow]) -> str:
    content = [str(offer.valid_from), *(repr(row[1:]) for row in rows)]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()


def _plan(rows: Sequence[EditionRow], known: dict[str, Known], offer: Offer) -> Plan:
    found = rules.faults(rows, known, scope=offer.scope)
    if not rows:
        message = Text("名录为空", "the list is empty")
        found = [FieldError("/file", None, message)]
    if found:
        shown = found[:MOST_ERRORS]
        raise BadEdition(count=len(found), shown=len(shown), errors=shown)
    plan = rules.plan(rows, known, scope=offer.scope)
    within = sum(code.startswith(offer.scope) for code in known)
    if plan.ends_too_much(within) and not (offer.confirm_endings or offer.dry_run):
        raise EditionEndsTooMuch(ended=len(plan.ended), known=within)
    return plan


async def _must_be_later(session: AsyncSession, offer: Offer) -> None:
    last = await queries.last_in_force(session, offer.scope)
    if last is not None and last.valid_from >= offer.valid_from:
        raise EditionNotLater(name=last.name, day=last.valid_from)


def _facts(offer: Offer, rows: Sequence[EditionRow], plan: Plan) -> dict[str, Any]:
    changes = _changes(plan)
    counts: dict[str, int] = {}
    for each in changes:
        counts[each.change.value] = counts.get(each.change.value, 0) + 1
    return {
        "name": offer.name,
        "scope": offer.scope,
        "valid_from": offer.valid_from,
        "source": offer.source,
        "rows": len(rows),
        "unchanged": plan.unchanged,
        "counts": counts,
        "changes": [each.model_dump(mode="json") for each in changes[:MOST_CHANGES]],
        "dry_run": offer.dry_run,
    }


def _changes(plan: Plan) -> list[EditionChangeRow]:
    """Every change, the rare and grave ones first."""
    kinds = {"split": EditionChange.SPLIT, "merged": EditionChange.MERGED}
    ended = [
        EditionChangeRow(
            change=_how_it_ended(plan, area.code, kinds),
            code=area.code,
            before=area.path_name,
            after=None,
            successors=plan.successors(area.code),
        )
        for area in plan.ended
    ]
    renewed = [
        EditionChangeRow(
            change=each.change,
            code=each.row.code,
            before=each.known.path_name,
            after=each.path_name,
            successors=[],
        )
        for each in plan.renewed
    ]
    added = [
        EditionChangeRow(
            change=EditionChange.ADDED, code=row.code, before=None, after=path, successors=[]
        )
        for row, path in plan.added
    ]
    return ended + sorted(renewed, key=lambda each: each.change == EditionChange.PATH) + added


def _how_it_ended(plan: Plan, code: str, kinds: dict[str, EditionChange]) -> EditionChange:
    follows = [each.kind for each in plan.follows if each.predecessor == code]
    return kinds.get(follows[0], EditionChange.ENDED) if follows else EditionChange.ENDED


def report(row: tables.AreaEdition) -> AreaEdition:
    """What an edition did, as it is answered."""
    facts = {name: getattr(row, name) for name in AreaEdition.model_fields if name != "dry_run"}
    return AreaEdition(**facts, dry_run=False)
