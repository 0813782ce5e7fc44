"""Records of HSDS lists by their ids: a fixed number of queries for any number of records."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.hsds import mapping, parts, queries, shapes


async def services(
    session: AsyncSession, ids: Sequence[UUID], *, full: bool, minimal: bool
) -> list[shapes.Service]:
    """Services by their ids."""
    found = await queries.offered(session, ids)
    if minimal:
        return [mapping.minimal(each) for each in found]
    known = await queries.known(session, found)
    told = mapping.service if full else mapping.basic
    return [told(each, known) for each in found]


async def placed(
    session: AsyncSession, ids: Sequence[UUID], *, full: bool
) -> list[shapes.ServiceAtLocation]:
    """Services at locations by their ids; services without a venue have none."""
    found = [each for each in await queries.offered(session, ids) if each.venue is not None]
    known = await queries.known(session, found)
    return [mapping.placed(each, known, full=full, told=True) for each in found]


async def organizations(
    session: AsyncSession,
    ids: Sequence[UUID],
    *,
    full: bool,
    full_service: bool,
    active: bool = True,
) -> list[shapes.Organization]:
    """Organisations by their ids; in full with venues and services."""
    rows = await queries.organisations(session, ids, active=active)
    if not full and not full_service:
        return [mapping.organization(row) for row in rows]
    venues = await queries.houses(session, ids)
    offerings = await queries.services_of(session, ids)
    programmes = await queries.programmes_of(session, ids)
    listed = [each for under in offerings.values() for each in under]
    whole = await services(session, listed, full=True, minimal=False) if full_service else []
    by_id = {each.id: each for each in whole}
    return [
        mapping.organization(
            row,
            locations=[parts.location(*each, full=True) for each in venues.get(row.id, ())],
            services=[
                by_id.get(each) or shapes.ServiceId(id=each) for each in offerings.get(row.id, ())
            ],
            programmes=programmes.get(row.id, ()),
        )
        for row in rows
    ]


async def terms(session: AsyncSession) -> list[shapes.TaxonomyTerm]:
    """All terms of all taxonomies."""
    entries = await queries.terms(session)
    known = {(str(each.dictionary), each.code): each for each in entries}
    return [parts.term(each, known) for each in entries]
