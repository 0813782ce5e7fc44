"""Provider files: opened for organisations of the registry, edited, followed.

The head of a file is the registry's; categories and the small enterprise are said here.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.clock import city_day
from common.codes import check_credit_code
from common.contracts.procurement_providers import ProviderIn, ProviderPatch, TieKind, TieSource
from common.contracts.registry.organisations import OrganisationKind, OrganisationState
from common.edge import must_match
from common.errors import Conflict, FieldError, Text
from common.feed.client import Change
from common.records import given, made, touch
from procurement import tables
from procurement.domain import providers as rules
from procurement.queries import organisations
from procurement.queries import providers as queries
from procurement.usecases import evidence

KIND: Final = "provider"
FOLLOWER: Final = Actor(
    "linli", "registry-feed", ActorKind.SERVICE, frozenset({Role.SERVICE}), area="31"
)


class ProviderFileExists(Conflict):
    """The organisation has a file already."""

    slug = "provider-file-exists"
    title = Text("承接者档案已建立", "The file exists")
    detail = Text(
        "机构 {key} 已有承接者档案，请直接修改。", "Organisation {key} has a file; edit that one."
    )


async def open_file(
    session: AsyncSession, wish: ProviderIn, *, by: Actor, now: datetime
) -> tables.Provider:
    """Open the file of an organisation that may supply."""
    state = await organisations.organisation(session, wish.organisation_id)
    by.must_reach(state.area_code, state.id)
    if await queries.exists(session, state.id):
        raise ProviderFileExists(key=state.id)
    rules.check_kind(state.kind, state.name)
    rules.check_small(state.kind, wish.is_small_enterprise)
    row = tables.Provider(
        id=state.id,
        **_head(state),
        categories=sorted(set(wish.categories)),
        is_small_enterprise=wish.is_small_enterprise,
        admitted_on=city_day(now),
        **made(by, now),
    )
    if row.credit_code is None:
        told = Text("承接者须有统一社会信用代码", "a provider has a unified social credit code")
        raise rules.WrongProviderFile(errors=[FieldError("/organisation_id", str(row.id), told)])
    check_credit_code(row.credit_code)
    session.add(row)
    await session.flush()
    await _take_over_ties(session, state, by=by, now=now)
    await session.flush()
    await evidence.weigh(session, row.id, now=now)
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="provider.open",
        target=(KIND, row.id),
        area=row.area_code,
        after={"name": row.name, "categories": row.categories},
    )
    return row


async def edit(
    session: AsyncSession,
    provider_id: UUID,
    patch: ProviderPatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Provider:
    """Change what a provider does, or whether it is a small enterprise."""
    row = await queries.locked(session, provider_id)
    by.must_reach(row.area_code, row.id)
    must_match(row.version, version)
    wanted = {name: value for name, value in given(patch).items() if value is not None}
    if "categories" in wanted:
        wanted["categories"] = sorted(set(wanted["categories"]))
    rules.check_small(
        OrganisationKind(row.kind), wanted.get("is_small_enterprise", row.is_small_enterprise)
    )
    before = {name: getattr(row, name) for name in wanted}
    for name, value in wanted.items():
        setattr(row, name, value)
    touch(row, by, now)
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="provider.edit",
        target=(KIND, row.id),
        area=row.area_code,
        before=before,
        after=wanted,
    )
    return row


async def follow(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """Take over what the registry's feed says of organisations that have a file."""
    states = {
        change.id: OrganisationState.model_validate(change.data)
        for change in changes
        if change.data is not None
    }
    for row in await queries.many_locked(session, states):
        state = states[row.id]
        changed = {name: v for name, v in _head(state).items() if getattr(row, name) != v}
        ties_moved = await _take_over_ties(session, state, by=FOLLOWER, now=now)
        for name, value in changed.items():
            setattr(row, name, value)
        if not changed and not ties_moved:
            continue
        touch(row, FOLLOWER, now)
        await session.flush()
        if ties_moved or "supervisor_id" in changed:
            await evidence.weigh(session, row.id, now=now)
        feed.mark(session, KIND, row.id)


def _head(state: OrganisationState) -> dict[str, Any]:
    """What a file repeats from the registry. Ends are exclusive there and inclusive here."""
    return {
        "name": state.name,
        "kind": state.kind.value,
        "credit_code": state.credit_code,
        "area_code": state.area_code,
        "supervisor_id": state.supervisor_id,
        "evaluation_grade": state.evaluation_grade and state.evaluation_grade.value,
        "grade_from_on": state.grade_valid_from,
        "grade_to_on": _last(state.grade_valid_to),
        "dissolved_on": state.dissolved_on,
    }


async def _take_over_ties(
    session: AsyncSession, state: OrganisationState, *, by: Actor, now: datetime
) -> bool:
    """Let the incubations of the registry be the file's; whether any changed."""
    wanted = {
        (tie.incubator_id, tie.valid_from, _last(tie.valid_to))
        for tie in state.incubated_by
        if tie.valid_to is None or tie.valid_to > tie.valid_from
    }
    stood = {
        (tie.organisation_id, tie.from_on, tie.to_on): tie
        for tie in await queries.registry_ties(session, state.id)
    }
    for key in stood.keys() - wanted:
        await session.delete(stood[key])
    await session.flush()  # an end that moved must not meet the period it replaces
    for incubator_id, from_on, to_on in sorted(wanted - stood.keys(), key=str):
        session.add(
            tables.Tie(
                provider_id=state.id,
                organisation_id=incubator_id,
                kind=TieKind.INCUBATOR,
                source=TieSource.REGISTRY,
                from_on=from_on,
                to_on=to_on,
                **made(by, now),
            )
        )
    return wanted != stood.keys()


def _last(end: date | None) -> date | None:
    """The last day of a period whose end is exclusive."""
    return None if end is None else end - timedelta(days=1)
