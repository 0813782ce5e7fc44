"""Organisations: admitted, mended, dissolved. Nothing is deleted; both sides of a tie are told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.clock import city_day
from common.codes import clean_code
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.organisations import (
    Dissolution,
    OrganisationIn,
    OrganisationKind,
    OrganisationPatch,
    OrganisationStatus,
)
from common.edge import must_match
from common.errors import Conflict, FieldError, Invalid, Text
from registry import tables
from registry.domain import organisations as rules
from registry.domain.areas import check_past
from registry.domain.searching import organisation_tokens
from registry.queries import areas, dictionaries
from registry.queries import organisation_states as states
from registry.queries import organisations as queries
from registry.queries.ties import end_ties
from registry.usecases.editing import change, given, made, plain, touch
from registry.usecases.offerings import suspend_offerings

KIND: Final = "organisation"
_NEEDED: Final = ("name", "kind", "area_code")
_TOLD_ELSEWHERE: Final = frozenset({"name"})


class BadOrganisation(Invalid):
    """Fields that do not fit together, each named."""

    slug = "bad-organisation"
    title = Text("机构信息有误", "The organisation does not fit together")
    detail = Text(
        "机构信息有 {count} 处不符，详见 errors。", "{count} fields do not fit; see errors."
    )


class OrganisationDissolved(Conflict):
    """A dissolved organisation is kept as it was."""

    slug = "organisation-dissolved"
    title = Text("机构已注销", "The organisation is dissolved")
    detail = Text("机构“{name}”已于 {day} 注销。", "{name} was dissolved on {day}.")


class OrganisationStands(Conflict):
    """Nothing is to be undone."""

    slug = "organisation-stands"
    title = Text("机构未注销", "The organisation stands")
    detail = Text("机构现存，无须恢复。", "The organisation stands; there is nothing to undo.")


class CreditCodeTaken(Conflict):
    """Another organisation has the credit code."""

    slug = "credit-code-taken"
    title = Text("统一社会信用代码已登记", "Credit code taken")
    detail = Text("已有机构使用该统一社会信用代码。", "Another organisation has this credit code.")


class FilingNumberTaken(Conflict):
    """The street has filed another organisation under the number."""

    slug = "filing-number-taken"
    title = Text("备案号已登记", "Filing number taken")
    detail = Text("该街镇已有同号备案组织。", "The street has filed another one under this number.")


class OrganisationCodeTaken(Conflict):
    """Another organisation has the external code."""

    slug = "organisation-code-taken"
    title = Text("外部编码已使用", "External code taken")
    detail = Text("已有机构使用该外部编码。", "Another organisation has this external code.")


async def add_organisation(
    session: AsyncSession, organisation: OrganisationIn, *, by: Actor, now: datetime
) -> tables.Organisation:
    """Admit an organisation, by credit code or by the filing of a street."""
    by.must_cover(organisation.area_code)
    values = organisation.model_dump()
    await _resolve(session, values, now=now)
    await _check(session, values, named=values)

    row = tables.Organisation(
        **values, status=OrganisationStatus.ACTIVE, search=_search(values), **made(by, now)
    )
    session.add(row)
    await session.flush()
    feed.mark(session, KIND, row.id)
    after = organisation.model_dump(mode="json", exclude_none=True)
    audit.note(
        session,
        by,
        action="organisation.add",
        target=(KIND, row.id),
        area=row.area_code,
        after=after,
    )
    return row


async def edit_organisation(
    session: AsyncSession,
    organisation_id: UUID,
    patch: OrganisationPatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Organisation:
    """Change an organisation. A new name moves, in the feed, those who tell it among their ties."""
    row = await queries.organisation(session, organisation_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    must_stand(row)
    values = {k: v for k, v in given(patch).items() if not (k in _NEEDED and v is None)}
    by.must_cover(values.get("area_code", row.area_code))
    await _resolve(session, values, now=now)
    await _check(session, {**_present(row), **values}, named=values, itself=row.id)

    before, after = change(row, values)
    if not after:
        return row
    row.search = _search(_present(row))
    touch(row, by, now)
    feed.mark(session, KIND, row.id)
    if not _TOLD_ELSEWHERE.isdisjoint(after):
        feed.mark_many(session, KIND, await states.other_sides(session, row.id))
    audit.note(
        session,
        by,
        action="organisation.edit",
        target=(KIND, row.id),
        area=row.area_code,
        before=plain_facts(before),
        after=plain_facts(after),
    )
    return row


async def dissolve_organisation(
    session: AsyncSession,
    organisation_id: UUID,
    end: Dissolution,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Organisation:
    """Dissolve an organisation: its ties end with it, its offerings rest, the record stays."""
    row = await queries.organisation(session, organisation_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    must_stand(row)
    check_past(end.on, city_day(now), pointer="/on")

    row.status, row.dissolved_on = OrganisationStatus.DISSOLVED, end.on
    touch(row, by, now)
    organisations, venues = await end_ties(session, row.id, on=end.on)
    await session.flush()
    await suspend_offerings(session, row, by=by, now=now)
    feed.mark_many(session, KIND, [row.id, *organisations])
    feed.mark_many(session, "venue", venues)
    audit.note(
        session,
        by,
        action="organisation.dissolve",
        target=(KIND, row.id),
        area=row.area_code,
        after={"status": row.status, "dissolved_on": str(end.on)},
        reason=end.reason,
    )
    return row


async def revive_organisation(
    session: AsyncSession,
    organisation_id: UUID,
    *,
    reason: str,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Organisation:
    """Undo a dissolution: its codes are its own, so nobody could admit it again.

    Ties and offerings are taken up one by one, by those who answer for them.
    """
    row = await queries.organisation(session, organisation_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    if row.status != OrganisationStatus.DISSOLVED:
        raise OrganisationStands
    before = {"status": row.status, "dissolved_on": str(row.dissolved_on)}

    row.status, row.dissolved_on = OrganisationStatus.ACTIVE, None
    touch(row, by, now)
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="organisation.revive",
        target=(KIND, row.id),
        area=row.area_code,
        before=before,
        after={"status": row.status},
        reason=reason,
    )
    return row


def must_stand(row: tables.Organisation) -> None:
    """Refuse to change a dissolved organisation."""
    if row.status == OrganisationStatus.DISSOLVED:
        raise OrganisationDissolved(name=row.name, day=row.dissolved_on)


def plain_facts(values: Mapping[str, Any]) -> dict[str, object]:
    """Facts as the audit log keeps them."""
    return {name: plain(value) for name, value in values.items()}


def _present(row: tables.Organisation) -> dict[str, Any]:
    return {name: getattr(row, name) for name in OrganisationIn.model_fields}


def _search(values: Mapping[str, Any]) -> list[str]:
    told = ("name", "short_name", "code", "credit_code", "filing_number", "address")
    return organisation_tokens(**{name: values[name] for name in told})


async def _resolve(session: AsyncSession, values: dict[str, Any], *, now: datetime) -> None:
    """Clean the credit code, find the area, know the words of the dictionaries."""
    if values.get("credit_code"):
        values["credit_code"] = clean_code(values["credit_code"])
    words = {
        "/line": (Dictionary.DEPARTMENT_LINE, values.get("line")),
        "/platform_kind": (Dictionary.PLATFORM_KIND, values.get("platform_kind")),
    }
    await dictionaries.must_know(session, words, on=city_day(now))
    if "area_code" in values:
        values["area_id"] = await areas.home(session, values["area_code"])
        if values["area_id"] is None:
            message = Text("没有此现行区划", "no present division has this code")
            wrong = FieldError("/area_code", values["area_code"], message)
            raise BadOrganisation(count=1, errors=[wrong])


async def _check(
    session: AsyncSession,
    values: Mapping[str, Any],
    *,
    named: Mapping[str, Any],
    itself: UUID | None = None,
) -> None:
    """Refuse what does not fit together, all faults at once; superiors only when newly named."""
    standing = rules.Standing(
        kind=OrganisationKind(values["kind"]),
        credit_code=values["credit_code"],
        filing_number=values["filing_number"],
        has_filing_street=values["filed_with_id"] is not None,
        evaluation_grade=values["evaluation_grade"],
        grade_valid_from=values["grade_valid_from"],
        grade_valid_to=values["grade_valid_to"],
    )
    errors = [*rules.faults(standing), *await _superiors(session, named, itself)]
    if errors:
        raise BadOrganisation(count=len(errors), errors=errors)


async def _superiors(
    session: AsyncSession, named: Mapping[str, Any], itself: UUID | None
) -> list[FieldError]:
    """Faults of the supervising organisation and of the street of filing."""
    both = ("supervisor_id", "filed_with_id")
    asked = {f"/{name}": named[name] for name in both if named.get(name)}
    known = await queries.kinds_of(session, list(asked.values()))
    errors = []
    for pointer, organisation_id in asked.items():
        kind, status = known.get(organisation_id, (None, None))
        if kind is None or status == OrganisationStatus.DISSOLVED or organisation_id == itself:
            message = Text("须为另一个现存机构", "must be another existing organisation")
            errors.append(FieldError(pointer, str(organisation_id), message))
        elif pointer == "/filed_with_id" and kind != OrganisationKind.STREET:
            message = Text("备案单位须为街镇", "must be a street or town")
            errors.append(FieldError(pointer, str(organisation_id), message))
    return errors
