"""Contracts of procurement as its feed last told them, by the provider who serves under them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.contracts.feeds import Kind
from common.contracts.procurement import ContractStatus
from matching import tables
from matching.domain.contracts import Contract

C: Final = aliased(tables.Mirrored, name="contract")
PROVIDER: Final = C.state["provider_id"].astext
# Served by `ix_mirrored_contract`, which the kind picks.
RUNNING: Final = (
    C.kind == Kind.CONTRACT.value,
    C.state["status"].astext == ContractStatus.ACTIVE.value,
)


async def running(
    session: AsyncSession, provider_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[Contract]]:
    """Contracts that run, by provider."""
    wanted = PROVIDER.in_([str(each) for each in provider_ids])
    found: dict[UUID, list[Contract]] = defaultdict(list)
    for state in await session.scalars(select(C.state).where(*RUNNING, wanted)):
        found[UUID(state["provider_id"])].append(Contract.told(state))
    return found
