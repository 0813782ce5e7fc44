"""Concessions as the registry's feed told them: which public rooms a provider runs."""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Date, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feeds import Kind
from common.contracts.procurement_providers import RunningConcession
from common.contracts.registry.concessions import ConcessionStatus
from procurement import tables

M: Final = tables.Mirrored


async def running(
    session: AsyncSession, provider_id: UUID, *, day: date
) -> list[RunningConcession]:
    """What a provider was granted and runs on a day."""
    state = M.state
    statement = (
        select(state)
        .where(
            M.kind == Kind.CONCESSION.value,
            state["operator_id"].astext == str(provider_id),
            state["status"].astext == ConcessionStatus.GRANTED,
            cast(state["valid_from"].astext, Date) <= day,
            cast(state["valid_to"].astext, Date) > day,
        )
        .order_by(M.record_id)
    )
    found = await session.scalars(statement)
    return [RunningConcession.model_validate(each) for each in found]
