"""The demo city's purchases went the way that the law has for them, step by step."""

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.clock import city_day
from common.contracts.procurement import ContractStatus, ProviderStatus
from common.contracts.procurement_tenders import TenderStep
from common.contracts.registry.organisations import OrganisationKind, OrganisationState
from common.demo import DemoOffering
from common.ids import uuid7
from procurement import tables
from procurement.demo.load import BY, load
from procurement.demo.providers import may_provide, open_files
from procurement.demo.purchases import OF_A_STREET, purchases_of
from procurement.queries import providers as queries
from procurement.settings import LOCAL_PREFIX
from tests.demo_offerings import demo_offering

NOW = datetime(2026, 11, 28, 4, tzinfo=UTC)
CATEGORIES = ("meal_delivery", "home_care", "child_care", "legal_aid")
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
def offerings() -> list[DemoOffering]:
    """Six streets, each with four sorts of services of two bodies."""
    return [
        demo_offering(street, category, office=office)
        for street, office in ((number, uuid7()) for number in range(1, 7))
        for category in CATEGORIES
        for _ in range(2)
    ]


def test_the_same_seed_buys_the_same(offerings: list[DemoOffering]) -> None:
    first = list(purchases_of(offerings, seed=3, now=NOW))

    assert first == list(purchases_of(offerings, seed=3, now=NOW))
    assert Counter(each.street for each in first).most_common(1)[0][1] == OF_A_STREET


@pytest.fixture
def bodies(offerings: list[DemoOffering]) -> list[OrganisationState]:
    """Those who offer, every third of them an office, which never supplies; one offers nothing."""
    kinds = cycle((*(OrganisationKind.PRIVATE_NON_ENTERPRISE,) * 2, OrganisationKind.STREET))
    made = [
        _body(offering.provider_id, kind) for offering, kind in zip(offerings, kinds, strict=False)
    ]
    return [*made, _body(uuid7(), OrganisationKind.PRIVATE_NON_ENTERPRISE)]


def _body(organisation_id: UUID, kind: OrganisationKind) -> OrganisationState:
    told = json.loads(Path("tests/contract/samples/organisation.json").read_text())
    head = {"id": organisation_id, "kind": kind, "credit_code": "52310101MJ00000017"}
    alone = {"incubated_by": [], "incubates": []}
    return OrganisationState.model_validate(told | head | alone)


async def test_who_offers_and_may_provide_has_a_file_that_is_complete(
    sessions: Sessions, offerings: list[DemoOffering], bodies: list[OrganisationState]
) -> None:
    opened = await open_files(sessions, offerings, bodies, by=BY, now=NOW)

    async with sessions() as session:
        rows = await queries.page(session, queries.Filters(), after=None, limit=100)
        shown = await queries.shown(session, rows, day=city_day(NOW))
    assert {each.id for each in rows} == {each.id for each in bodies[:-1] if may_provide(each)}
    assert opened == len(rows) == len(offerings) * 2 / 3
    assert {each.status for each in shown} == {ProviderStatus.ADMITTED}
    assert all(each.categories for each in shown)


async def test_each_contract_has_an_award_and_each_line_its_money(
    sessions: Sessions, offerings: list[DemoOffering]
) -> None:
    counts = await load(sessions, offerings, [], prefix=LOCAL_PREFIX, now=NOW)

    async with sessions() as session:
        steps = Counter(await session.scalars(select(tables.Tender.step)))
        contracts = [*await session.scalars(select(tables.Contract))]
        lines = [*await session.scalars(select(tables.BudgetLine))]
        awards = await session.scalar(select(func.count()).select_from(tables.Award))
    assert counts == {"provider": 0, "tender": 6 * OF_A_STREET, "contract": len(contracts)}
    assert awards == len(contracts) == steps[TenderStep.ANNOUNCED]
    assert set(steps) <= {TenderStep.ANNOUNCED, TenderStep.INTENDED, TenderStep.UNSUCCESSFUL}
    assert {each.status for each in contracts} == {ContractStatus.ACTIVE}
    assert all(each.published_at is not None for each in contracts)
    assert sum(line.committed_fen for line in lines) == sum(each.value_fen for each in contracts)
    assert all(line.reserved_fen + line.committed_fen <= line.planned_fen for line in lines)
