"""Red flags: found from what is kept, told to the offices of the area, cleared in time."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from common.auth.roles import Role
from common.clock import utc_now
from common.ids import uuid7
from common.rules_table import RuleRow
from procurement import tables
from procurement.usecases import guards
from tests.procurement.cases import BUYER, PROVIDER
from tests.procurement.deals import MADE, VALUE, prepared
from tests.procurement.organisations import Sessions, provider_row

Header = dict[str, str]
NOW = utc_now()


@pytest.fixture
def office(bearer: Callable[..., Header]) -> Header:
    """The city office."""
    return bearer(Role.CITY_OFFICE, area="31", line="*")


async def signed(sessions: Sessions, now: datetime = NOW, **more: Any) -> UUID:
    """A contract that was signed, and the award behind it."""
    tender = await prepared(sessions, now=now)
    stamps = {**MADE, "created_at": now, "updated_at": now}
    award, contract = uuid7(), uuid7()
    async with sessions.begin() as session:
        session.add(
            tables.Award(
                id=award,
                tender_id=tender,
                round=1,
                supplier_id=UUID(PROVIDER),
                rank=1,
                value_fen=VALUE,
                status="active",
                is_shared=False,
                decided_at=now,
                announce_due_on=now.date(),
                announced_at=now,
                **stamps,
            )
        )
        await session.flush()
        values: dict[str, Any] = {
            "tender_id": tender,
            "award_id": award,
            "ocid": f"ocds-213czf-{tender}",
            "kind": "service",
            "title": "助餐服务",
            "status": "active",
            "buyer_id": UUID(BUYER),
            "provider_id": UUID(PROVIDER),
            "area_code": "310101002000",
            "category": "meal",
            "service_item_ids": [],
            "area_codes": ["310101002000"],
            "target_groups": [],
            "exclusions": [],
            "administrative_hours_max": 0,
            "excess": "refused",
            "service_days": 100,
            "places": 10,
            "original_fen": VALUE,
            "value_fen": VALUE,
            "supplements_fen": 0,
            "supplements_max_fen": 0,
            "paid_fen": 0,
            "is_stable": False,
            "period_start_on": date(2026, 1, 1),
            "period_end_on": date(2026, 12, 31),
            "buyer_signed_at": now,
            "provider_signed_at": now,
            "signed_at": now,
            **more,
        }
        session.add(tables.Contract(id=contract, **values, **stamps))
    return contract


async def tied(sessions: Sessions) -> None:
    """The buyer raised the provider."""
    stamps = {**MADE, "created_at": NOW, "updated_at": NOW}
    async with sessions.begin() as session:
        session.add(provider_row(NOW, UUID(PROVIDER)))
        await session.flush()
        session.add(
            tables.Tie(
                provider_id=UUID(PROVIDER),
                organisation_id=UUID(BUYER),
                kind="incubator",
                source="recorded",
                from_on=date(2020, 1, 1),
                **stamps,
            )
        )


async def looked(sessions: Sessions, now: datetime = NOW) -> tables.GuardRun:
    async with sessions.begin() as session:
        return await guards.look_over(session, now=now)


async def flags(client: httpx.AsyncClient, header: Header, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/red-flags?{query}", headers=header)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_a_contract_with_whom_the_buyer_raised_is_flagged_once(
    client: httpx.AsyncClient, office: Header, sessions: Sessions
) -> None:
    contract = await signed(sessions)
    await tied(sessions)
    await looked(sessions)
    await looked(sessions, NOW + timedelta(hours=1))
    (flag,) = await flags(client, office, "guard=incubation")

    assert (flag["subject"], flag["rule"]) == (str(contract), "gpl.12.recusal_relation")
    assert flag["measured"]["ties"][0]["through"] == "buyer"
    assert flag["documents"] == [str(contract), BUYER]
    assert "签约" in flag["explanation_zh"]
    assert datetime.fromisoformat(flag["found_at"]) == NOW


async def test_a_flag_that_ceases_to_hold_is_cleared_and_kept(
    client: httpx.AsyncClient, office: Header, sessions: Sessions
) -> None:
    await signed(sessions)
    await tied(sessions)
    await looked(sessions)
    async with sessions.begin() as session:
        await session.execute(update(tables.Tie).values(to_on=date(2021, 1, 1)))
    await looked(sessions, NOW + timedelta(hours=1))
    standing = await flags(client, office, "guard=incubation")
    (cleared,) = await flags(client, office, "guard=incubation&is_cleared=true")

    assert standing == []
    assert datetime.fromisoformat(cleared["cleared_at"]) == NOW + timedelta(hours=1)


async def test_splitting_waits_for_the_threshold_and_the_run_says_so(
    client: httpx.AsyncClient, office: Header, sessions: Sessions
) -> None:
    for _ in range(2):
        await signed(sessions)
    await looked(sessions)
    (blocked,) = (await client.get("/v1/red-flag-runs", headers=office)).json()
    before = await flags(client, office, "guard=splitting")
    async with sessions.begin() as session:
        row = update(RuleRow).where(RuleRow.code == "sh.open_tender")
        stamp = {"version": RuleRow.version + 1, "updated_at": NOW}
        await session.execute(row.values(value=VALUE + VALUE // 2, **stamp))
    await looked(sessions)
    (run,) = (await client.get("/v1/red-flag-runs", headers=office)).json()
    (flag,) = await flags(client, office, "guard=splitting")

    assert (blocked["blocked_rules"], before) == (["sh.open_tender"], [])
    assert (run["blocked_rules"], run["contracts"]) == ([], 2)
    assert flag["measured"]["total_fen"] == 2 * VALUE
    assert flag["buyer_id"] == BUYER


async def test_flags_are_told_to_offices_of_the_area_only(
    client: httpx.AsyncClient,
    head: Header,
    other_head: Header,
    clerk: Header,
    provider: Header,
    sessions: Sessions,
) -> None:
    await signed(sessions)
    await tied(sessions)
    await looked(sessions)

    assert len(await flags(client, head)) == 1
    assert await flags(client, other_head) == []
    assert await flags(client, head, "area=310104") == []
    for header in (clerk, provider, {}):
        answer = await client.get("/v1/red-flags", headers=header)
        assert answer.status_code in {401, 403}


async def test_a_bid_that_came_alone_is_flagged(
    client: httpx.AsyncClient, office: Header, sessions: Sessions
) -> None:
    contract = await signed(sessions)
    async with sessions.begin() as session:
        row = await session.get(tables.Contract, contract)
        assert row is not None
        session.add(
            tables.Bid(
                tender_id=row.tender_id,
                stage=1,
                bidder_index=b"1" * 32,
                bidder_sealed="sealed",
                ciphertext_digest=b"2" * 32,
                key_commitment=b"3" * 32,
                algorithm="sm4-gcm",
                submitted_at=NOW,
                opened_at=NOW,
                outcome="opened",
                status="valid",
                bidder_id=UUID(PROVIDER),
                price_fen=VALUE,
            )
        )
    await looked(sessions)
    (flag,) = await flags(client, office, "guard=single_bid")

    assert (flag["subject_kind"], flag["subject"]) == ("tender", str(row.tender_id))
    assert flag["provider_id"] == PROVIDER
