"""What the provider files say of those who bid: whom they depend on, who is kept out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.procurement_providers import ExclusionReason, QualificationStatus
from common.contracts.registry.organisations import OrganisationKind
from procurement import tables
from procurement.domain.conditions import Held
from procurement.domain.providers import Ban, Unfit, unfit

P, E, T, Q = tables.Provider, tables.Exclusion, tables.Tie, tables.Qualification


async def close_to(
    session: AsyncSession, bidders: Sequence[UUID], today: date
) -> Mapping[UUID, list[UUID]]:
    """Who nurtured, supervises or controls each bidder, now or before."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    ties = select(T.provider_id, T.organisation_id).where(
        T.provider_id.in_(bidders), T.from_on <= today
    )
    for row in await session.execute(ties):
        found[row.provider_id].append(row.organisation_id)
    supervised = select(P.id, P.supervisor_id).where(
        P.id.in_(bidders), P.supervisor_id.is_not(None)
    )
    for file in await session.execute(supervised):
        found[file.id].append(file.supervisor_id)
    return found


async def kept_out(
    session: AsyncSession, suppliers: Sequence[UUID], day: date
) -> Mapping[UUID, Unfit]:
    """Who may not supply on a day, by decision or because it is no more, and why."""
    bans: dict[UUID, list[Ban]] = defaultdict(list)
    decided = select(E.provider_id, E.from_on, E.to_on, E.reason, E.document).where(
        E.provider_id.in_(suppliers), E.from_on <= day, or_(E.to_on.is_(None), E.to_on >= day)
    )
    for row in await session.execute(decided.order_by(E.id)):
        ban = Ban(row.from_on, row.to_on, ExclusionReason(row.reason), row.document)
        bans[row.provider_id].append(ban)
    ended = select(P.id, P.dissolved_on).where(P.id.in_(suppliers), P.dissolved_on.is_not(None))
    gone = {row.id: row.dissolved_on for row in await session.execute(ended)}
    found = {
        each: unfit(day, dissolved_on=gone.get(each), bans=bans[each])
        for each in bans.keys() | gone.keys()
    }
    return {each: why for each, why in found.items() if why is not None}


async def qualifications(session: AsyncSession, bidder: UUID) -> Mapping[UUID, Held]:
    """What the file of a bidder holds."""
    rows = await session.execute(
        select(Q.id, Q.status, Q.valid_from_on, Q.valid_to_on).where(Q.provider_id == bidder)
    )
    return {
        row.id: Held(QualificationStatus(row.status), row.valid_from_on, row.valid_to_on)
        for row in rows
    }


async def no_enterprises(session: AsyncSession, bidders: Sequence[UUID]) -> set[UUID]:
    """Who is on file as something else than an enterprise, and so is no small firm."""
    statement = select(P.id).where(P.id.in_(bidders), P.kind != OrganisationKind.ENTERPRISE)
    return set(await session.scalars(statement))
