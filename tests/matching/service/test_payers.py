"""A referral names the contract that pays for it, so that a rating finds its buyer."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.clock import utc_now
from common.contracts.feeds import Kind
from common.db import Database
from common.feed.client import Change
from common.following import Effect, mirror
from matching.consumers import FOLLOWED
from matching.queries.contracts import running
from matching.tables import Referral
from tests.matching import cases
from tests.matching.cases import PROVIDER, published, raised, referred
from tests.matching.runs import asked, computed, offering, publish, step

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
EFFECTS = FOLLOWED[Kind.CONTRACT]
SAMPLE = orjson.loads(Path("tests/contract/samples/contract.json").read_bytes())


def contract(**more: Any) -> dict[str, Any]:
    """A contract of the provider that serves meals in the street, for years to come."""
    own = {"id": str(uuid4()), "provider_id": PROVIDER, "category": "meal_delivery"}
    own |= {"signed_at": (utc_now() - timedelta(hours=1)).isoformat()}
    own |= {"service_item_ids": [], "period_start_on": "2020-01-01", "period_end_on": "2099-12-31"}
    return {**SAMPLE, **own, **more}


async def told(
    sessions: Sessions, *states: dict[str, Any], effects: Sequence[Effect] = EFFECTS
) -> None:
    """As if procurement's feed had told them."""
    changes = [Change("contract", UUID(each["id"]), n, each) for n, each in enumerate(states, 1)]
    async with sessions.begin() as session:
        for effect in effects:
            await effect(session, changes, now=utc_now())


async def paid_by(sessions: Sessions, referral: dict[str, Any]) -> UUID | None:
    async with sessions() as session:
        row = await session.get_one(Referral, UUID(referral["id"]))
        return row.contract_id


async def test_a_referral_names_the_running_contract_of_its_provider(
    client: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    ours = contract()
    await told(
        sessions,
        contract(provider_id=str(uuid4())),
        contract(status="terminated"),
        contract(area_codes=["310104003000"]),
        ours,
    )
    referral = await referred(client, clerk, await published(sessions))

    assert await paid_by(sessions, referral) == UUID(ours["id"])


async def test_without_a_contract_nobody_is_named(
    client: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    await told(sessions, contract(category="bathing"))

    assert await paid_by(sessions, await referred(client, clerk, await published(sessions))) is None


async def test_a_contract_that_is_told_late_is_named_by_who_was_referred_before(
    client: httpx.AsyncClient, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    offered = await published(sessions, capacity=3)
    today = cases.tomorrow(0)
    held, served, gone = [
        await referred(client, clerk, offered, session_on=today) for _ in range(3)
    ]
    await served_by(client, provider, served)
    await cases.step(client, clerk, gone, "withdrawal")
    old, ours, later = contract(signed_at="2020-01-01T00:00:00Z"), contract(), contract()
    await told(sessions, old)  # which is no news
    assert await paid_by(sessions, held) is None
    await told(sessions, {**old, "status": "terminated"}, ours)
    await told(sessions, later)

    named = [await paid_by(sessions, each) for each in (held, served, gone)]
    assert named == [UUID(ours["id"]), UUID(ours["id"]), None]
    assert (await cases.seen(client, clerk, held))["version"] == held["version"]
    async with sessions() as session:
        marked = set(await session.scalars(text("SELECT record_id FROM feed_outbox")))
    assert {UUID(held["id"]), UUID(served["id"])} <= marked


async def test_who_is_served_names_the_contract_that_was_told_while_the_referral_was_made(
    client: httpx.AsyncClient, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    offered = await published(sessions)
    referral = await referred(client, clerk, offered, session_on=cases.tomorrow(0))
    ours = contract()
    await told(sessions, ours, effects=(mirror,))  # nobody saw the referral yet

    answered = await served_by(client, provider, referral)

    assert answered["contract_id"] == ours["id"]


async def served_by(
    client: httpx.AsyncClient, provider: Header, referral: dict[str, Any]
) -> dict[str, Any]:
    for status in ("accepted", "served"):
        answer = await cases.step(client, provider, referral, "answer", status=status)
        assert answer.status_code == 200, answer.text
        referral = answer.json()
    return referral


async def test_who_goes_on_with_an_offering_is_paid_by_its_own_contract(
    client: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    other = str(uuid4())
    before, ours = contract(), contract(provider_id=other)
    await told(sessions, before, ours)
    offered = await published(sessions)
    held = await referred(client, clerk, offered)
    payers = [await paid_by(sessions, held)]
    for provider_id in (other, str(uuid4())):
        await published(sessions, offered, provider_id=provider_id)
        payers.append(await paid_by(sessions, held))

    assert payers == [UUID(before["id"]), UUID(ours["id"]), None]


async def test_contracts_are_found_by_their_provider_through_an_index(sessions: Sessions) -> None:
    many = [contract(provider_id=str(uuid4())) for _ in range(3_000)]
    await told(sessions, *many)
    wanted = UUID(many[7]["provider_id"])
    async with sessions() as session:
        found = await running(session, {wanted})
        await session.execute(text("ANALYZE mirrored"))
        plan = await session.scalars(
            text(
                "EXPLAIN SELECT state FROM mirrored AS contract WHERE contract.kind = 'contract'"
                " AND CAST(CAST(:id AS uuid) AS TEXT) = contract.state ->> 'provider_id'"
            ),
            {"id": wanted},
        )

    assert [str(each.id) for each in found[wanted]] == [many[7]["id"]]
    assert "ix_mirrored_contract" in "".join(plan)


async def test_referrals_of_a_run_name_their_contracts_too(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    paid, unpaid = offering(121.481, 1, provider_id=PROVIDER), offering(121.482, 1)
    ours = contract()
    await publish(opened.sessions, paid, unpaid)
    await told(opened.sessions, ours)
    for _ in range(2):
        await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    committed = await step(calls, head, run, "commit")
    async with opened.sessions() as session:
        rows = await session.scalars(select(Referral))
        found = {str(row.offering_id): row.contract_id for row in rows}

    assert committed.json()["status"] == "committed"
    assert found == {paid["id"]: UUID(ours["id"]), unpaid["id"]: None}
