"""The lines of a provider file: qualifications, exclusions, ties. Each step moves the file."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import city_day
from common.contracts.procurement_providers import (
    ExclusionIn,
    LiftingIn,
    QualificationIn,
    QualificationStatus,
    TieEndIn,
    TieIn,
    TieSource,
    VerificationIn,
)
from common.edge import must_match
from common.errors import Conflict, FieldError, Text
from common.records import made, name_of, touch
from common.rules_table import rule_table
from procurement import tables
from procurement.domain import providers as rules
from procurement.queries import provider_records as records
from procurement.queries import providers as queries
from procurement.usecases import evidence

KIND: Final = "provider"
CITY: Final = "310000"


class QualificationOverlaps(Conflict):
    """The same certificate holds already on some of these days."""

    slug = "qualification-overlaps"
    title = Text("同一资质期间重叠", "Qualification overlaps")
    detail = Text(
        "同一代码与编号的资质在该期间已有登记；请先调整有效期或不予认可原记录。",
        "A qualification of this code and number holds on some of these days; change the period.",
    )


class ExclusionOverlaps(Conflict):
    """The provider is kept out for the same reason on some of these days."""

    slug = "exclusion-overlaps"
    title = Text("禁入期间重叠", "Exclusion overlaps")
    detail = Text(
        "该承接者因同一原因在该期间已被禁入；请使用原记录，或调整期间。",
        "The provider is excluded for this reason on some of these days; use that record.",
    )


class TieOverlaps(Conflict):
    """The same tie is kept already on some of these days."""

    slug = "tie-overlaps"
    title = Text("关系期间重叠", "Tie overlaps")
    detail = Text("该关系在该期间已有登记。", "This tie is kept already on some of these days.")


class AlreadyVerified(Conflict):
    """The qualification was judged before."""

    slug = "already-verified"
    title = Text("资质已核验", "Already judged")
    detail = Text(
        "该资质当前为 {status}，不再核验；如有变化请登记新的资质。",
        "The qualification is {status}; what has changed is a new one.",
    )


class RegistryTie(Conflict):
    """The tie is the registry's."""

    slug = "registry-tie"
    title = Text("该关系由资源库维护", "The registry keeps this tie")
    detail = Text(
        "培育关系来自资源库，请在资源库中修改。",
        "The tie comes from the registry; it is changed there.",
    )


async def add_qualification(
    session: AsyncSession, provider_id: UUID, wish: QualificationIn, *, by: Actor, now: datetime
) -> tables.Qualification:
    """Enter a qualification; it counts when somebody else has read the original."""
    file = await _reached(session, provider_id, by)
    rules.check_qualification(wish)
    row = tables.Qualification(
        provider_id=file.id,
        **wish.model_dump(),
        status=QualificationStatus.DECLARED,
        **made(by, now),
    )
    session.add(row)
    await _told(session, file, "qualification.add", row, by=by, now=now, after=_plain(wish))
    return row


async def verify(
    session: AsyncSession,
    qualification_id: UUID,
    found: VerificationIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Qualification:
    """Say what the original says. Who entered it does not verify it."""
    row = await records.locked_qualification(session, qualification_id)
    file = await queries.locked(session, row.provider_id)
    by.must_cover(file.area_code)
    must_match(row.version, version)
    if row.status != QualificationStatus.DECLARED:
        raise AlreadyVerified(status=row.status)
    if row.created_by == name_of(by):
        raise rules.VerifiedByItself(who=row.created_by)
    if found.is_verified == (found.refusal is not None):
        told = Text("仅不予认可时须说明理由", "a reason goes with a refusal, and only with it")
        raise rules.WrongProviderFile(errors=[FieldError("/refusal", found.refusal, told)])
    row.status = QualificationStatus.VERIFIED if found.is_verified else QualificationStatus.REFUSED
    row.refusal, row.verified_at, row.verified_by = found.refusal, now, name_of(by)
    touch(row, by, now)
    await _told(session, file, f"qualification.{row.status}", row, by=by, now=now)
    return row


async def exclude(
    session: AsyncSession, provider_id: UUID, wish: ExclusionIn, *, by: Actor, now: datetime
) -> tables.Exclusion:
    """Keep a provider out for a time, by a decision; city-wide, whoever decided it."""
    file = await queries.locked(session, provider_id)
    by.must_cover(file.area_code)
    in_force = (await rule_table(session)).at(city_day(now), CITY)
    rules.check_exclusion(
        wish.reason,
        wish.from_on,
        wish.to_on,
        in_force.rule("gpl.77.ban_shortest"),
        in_force.rule("gpl.77.ban_longest"),
    )
    row = tables.Exclusion(provider_id=file.id, **wish.model_dump(), **made(by, now))
    session.add(row)
    await _told(session, file, "exclusion.add", row, by=by, now=now, after=_plain(wish))
    return row


async def lift(
    session: AsyncSession,
    exclusion_id: UUID,
    wish: LiftingIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Exclusion:
    """End an exclusion early, by another decision."""
    row = await records.locked_exclusion(session, exclusion_id)
    file = await queries.locked(session, row.provider_id)
    by.must_cover(file.area_code)
    must_match(row.version, version)
    rules.check_period("/last_on", row.from_on, wish.last_on)
    if row.to_on is not None and wish.last_on >= row.to_on:
        told = Text(f"应早于原末日 {row.to_on}", f"before its last day, {row.to_on}")
        raise rules.WrongProviderFile(errors=[FieldError("/last_on", str(wish.last_on), told)])
    before = {"to_on": str(row.to_on)}
    row.to_on, row.lifting_document = wish.last_on, wish.document
    touch(row, by, now)
    await _told(
        session, file, "exclusion.lift", row, by=by, now=now, before=before, after=_plain(wish)
    )
    return row


async def add_tie(
    session: AsyncSession, provider_id: UUID, wish: TieIn, *, by: Actor, now: datetime
) -> tables.Tie:
    """Declare or record a tie; evidence of that organisation is weighed anew."""
    file = await _reached(session, provider_id, by)
    rules.check_tie(file.id, wish.organisation_id, wish.from_on, wish.to_on)
    is_own = Role.PROVIDER in by.roles and by.acts_for(file.id)
    row = tables.Tie(
        provider_id=file.id,
        **wish.model_dump(),
        source=TieSource.DECLARED if is_own else TieSource.RECORDED,
        **made(by, now),
    )
    session.add(row)
    await _told(session, file, "tie.add", row, by=by, now=now, after=_plain(wish))
    await evidence.weigh(session, file.id, now=now)
    return row


async def end_tie(
    session: AsyncSession, tie_id: UUID, wish: TieEndIn, *, version: int, by: Actor, now: datetime
) -> tables.Tie:
    """End a tie; it goes on counting for the years of the law. Only an office ends one."""
    row = await records.locked_tie(session, tie_id)
    file = await queries.locked(session, row.provider_id)
    by.must_cover(file.area_code)
    must_match(row.version, version)
    if row.source == TieSource.REGISTRY:
        raise RegistryTie
    rules.check_period("/to_on", row.from_on, wish.to_on)
    before = {"to_on": str(row.to_on)}
    row.to_on = wish.to_on
    touch(row, by, now)
    await _told(session, file, "tie.end", row, by=by, now=now, before=before, after=_plain(wish))
    await evidence.weigh(session, file.id, now=now)
    return row


async def _reached(session: AsyncSession, provider_id: UUID, by: Actor) -> tables.Provider:
    file = await queries.locked(session, provider_id)
    by.must_reach(file.area_code, file.id)
    return file


async def _told(
    session: AsyncSession,
    file: tables.Provider,
    action: str,
    row: tables.Qualification | tables.Exclusion | tables.Tie,
    *,
    by: Actor,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """The file has a new version, the feed is told, the audit has its line."""
    touch(file, by, now)
    await session.flush()
    feed.mark(session, KIND, file.id)
    kind = action.partition(".")[0]
    audit.note(
        session,
        by,
        action=action,
        target=(kind, row.id),
        area=file.area_code,
        before=before,
        after={"provider": str(file.id), **(after or {})},
    )


def _plain(wish: ExclusionIn | LiftingIn | QualificationIn | TieEndIn | TieIn) -> dict[str, Any]:
    return wish.model_dump(mode="json")
