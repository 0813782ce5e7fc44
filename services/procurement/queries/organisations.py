"""Organisations as the registry's feed told them: the head of a file, superiors, incubators."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.contracts.feeds import Kind
from common.contracts.registry.organisations import OrganisationState
from common.errors import NotFound, Text
from procurement.domain.relations import Bodies

WHAT: Final = Text("机构", "organisation")
_AROUND: Final = text(
    "SELECT record_id, (state ->> 'supervisor_id')::uuid AS superior_id,"
    " ARRAY(SELECT (i ->> 'incubator_id')::uuid"
    "  FROM jsonb_array_elements(state -> 'incubated_by') AS i) AS incubator_ids"
    " FROM mirrored WHERE kind = 'organisation' AND record_id = ANY(:ids)"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_NAMES: Final = text(
    "SELECT record_id, state ->> 'name' AS name FROM mirrored"
    " WHERE kind = 'organisation' AND record_id = ANY(:ids)"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def organisation(session: AsyncSession, organisation_id: UUID) -> OrganisationState:
    """An organisation as the feed last told it."""
    state = await mirrors.one(session, Kind.ORGANISATION, organisation_id)
    if state is None:
        raise NotFound(what=WHAT, key=organisation_id)
    return OrganisationState.model_validate(state)


async def names(session: AsyncSession, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The names of organisations that the feed has told of."""
    rows = await session.execute(_NAMES, {"ids": list(ids)})
    return {row.record_id: row.name for row in rows}


async def bodies(session: AsyncSession, ids: Collection[UUID]) -> Bodies:
    """Superiors and incubators of organisations, and of all who stand above them."""
    superior_of: dict[UUID, UUID] = {}
    incubators_of: dict[UUID, frozenset[UUID]] = {}
    wanted: set[UUID] = set(ids)
    seen: set[UUID] = set()
    while wanted - seen:
        asked = wanted - seen
        rows: Any = await session.execute(_AROUND, {"ids": list(asked)})
        seen |= asked
        for row in rows:
            if row.superior_id is not None:
                superior_of[row.record_id] = row.superior_id
                wanted.add(row.superior_id)
            incubators_of[row.record_id] = frozenset(row.incubator_ids)
    return Bodies(superior_of, incubators_of)
