"""Files of the bodies that serve the demo city, each with a certificate that was read. 演示数据."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import mirrors
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.feeds import Kind
from common.contracts.procurement_providers import ProviderIn, QualificationIn, VerificationIn
from common.contracts.registry.organisations import OrganisationState
from common.demo import NOTE, DemoOffering
from procurement.domain.providers import NEVER, REGISTRATION, WITHOUT_CODE
from procurement.usecases import provider_records, providers

Sessions = async_sessionmaker[AsyncSession]

REGISTERED_AGO: Final = timedelta(days=3 * 365)
AT_ONCE: Final = 200


async def open_files(
    sessions: Sessions,
    offerings: Iterable[DemoOffering],
    told: Sequence[OrganisationState],
    *,
    by: Actor,
    now: datetime,
) -> int:
    """Take over the organisations; open the files of those that offer and may provide; how many.

    The copy is what the registry's feed will say again once the services follow it.
    """
    categories, opened = _categories(offerings), 0
    for start in range(0, len(told), AT_ONCE):
        states = told[start : start + AT_ONCE]
        async with sessions.begin() as session:
            await mirrors.put(session, Kind.ORGANISATION, _json(states))
            for state in states:
                if state.id in categories and may_provide(state):
                    await _open(session, state.id, categories[state.id], by=by, now=now)
                    opened += 1
    return opened


def may_provide(state: OrganisationState) -> bool:
    """Whether an organisation can be a party to a contract."""
    return state.kind not in NEVER | WITHOUT_CODE and state.credit_code is not None


async def _open(
    session: AsyncSession, provider_id: UUID, categories: set[str], *, by: Actor, now: datetime
) -> None:
    """A file with its registration, which somebody else has read."""
    wish = ProviderIn(organisation_id=provider_id, categories=sorted(categories))
    await providers.open_file(session, wish, by=by, now=now)
    registration = QualificationIn(
        code=REGISTRATION,
        name=f"{NOTE} 登记证书",
        valid_from_on=city_day(now - REGISTERED_AGO),
    )
    row = await provider_records.add_qualification(
        session, provider_id, registration, by=by, now=now
    )
    await session.flush()
    reader = replace(by, subject=f"{by.subject}-reader")
    found = VerificationIn(is_verified=True)
    await provider_records.verify(session, row.id, found, version=row.version, by=reader, now=now)


def _categories(offerings: Iterable[DemoOffering]) -> Mapping[UUID, set[str]]:
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    for offering in offerings:
        found[offering.provider_id].add(offering.category)
    return found


def _json(states: Sequence[OrganisationState]) -> str:
    return f"[{','.join(state.model_dump_json() for state in states)}]"
