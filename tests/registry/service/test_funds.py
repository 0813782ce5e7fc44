"""Funds through the public API: the ledger, and who may move money."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.registry.funds import EntryKind
from common.ids import uuid7
from registry.domain.funds import LEGS
from registry.tables import FundEntry, FundGrant
from tests.registry.inventory import made, patched, pointers, slug, street
from tests.registry.money import FUND, GRANT, balances, book, fund, grant
from tests.registry.small_city import key, listing, upload

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
DAY = date(2026, 1, 1)


async def edited(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], **patch: Any
) -> httpx.Response:
    """An edit of the fund as it stands: money that moves gives no version."""
    return await patched(client, header, "/v1/funds", record, patch)


async def end(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], way: str
) -> httpx.Response:
    return await client.post(
        f"/v1/funds/{record['id']}/{way}/end",
        json={"reason": "提前完成", "document_number": "协议 2"},
        headers={**header, **key()},
    )


async def test_money_arrives_is_promised_paid_refunded_released_and_returned(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    body = await street(small_city, head)
    money = await fund(small_city, head, holder_id=body["id"])
    given = await grant(small_city, head, money, recipient_id=body["id"])
    way = f"grants/{given['id']}"
    for name, amount in (("payments", 200_000), ("refunds", 50_000)):
        answer = await book(small_city, head, money, f"{way}/{name}", amount)
        assert answer.status_code == 201, answer.text
    midway = await balances(small_city, head, money)
    ended = await end(small_city, head, money, way)
    after = await balances(small_city, head, money)
    told = (await small_city.get(f"/v1/funds/{money['id']}/entries", headers=head)).json()

    assert midway == (1_000_000, 750_000, 100_000, 150_000)
    assert (ended.json()["status"], ended.json()["committed_fen"]) == ("ended", 0)
    assert after == (1_000_000, 850_000, 0, 150_000)
    kinds = [each["kind"] for each in told["items"]]
    assert kinds == ["receipt", "commitment", "payment", "refund", "release"]


async def test_a_fund_closes_when_nothing_is_left_and_takes_nothing_after(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    body = await street(small_city, head)
    money = await fund(small_city, head, holder_id=body["id"])
    path = f"/v1/funds/{money['id']}/closing"
    version = {"If-Match": f'"v{money["version"]}"'}
    early = await small_city.post(path, headers={**head, **key(), **version})
    await book(small_city, head, money, "returns", 1_000_000)
    closed = await small_city.post(path, headers={**head, **key(), **version})
    late = await book(small_city, head, money, "receipts", 1)

    assert (early.status_code, slug(early)) == (409, "fund-not-empty")
    assert closed.json()["status"] == "closed"
    assert (late.status_code, slug(late)) == (409, "fund-closed")


@pytest.mark.parametrize(
    ("way", "amount"),
    [("receipts", 1), ("returns", 1_000_001), ("payments", 300_001), ("refunds", 1)],
)
async def test_no_account_is_overdrawn(
    small_city: httpx.AsyncClient, head: Header, way: str, amount: int
) -> None:
    body = await street(small_city, head)
    money = await fund(small_city, head, holder_id=body["id"])
    given = await grant(small_city, head, money, recipient_id=body["id"])
    path = way if way in {"receipts", "returns"} else f"grants/{given['id']}/{way}"
    answer = await book(small_city, head, money, path, amount)

    assert (answer.status_code, slug(answer)) == (409, "fund-overdrawn")
    assert await balances(small_city, head, money) == (1_000_000, 700_000, 300_000, 0)


@pytest.mark.parametrize(
    ("body", "kind", "pointer"),
    [
        ({}, "wrong-grant", "/recipient_id"),
        ({"valid_to": "2027-06-01"}, "wrong-grant", "/valid_to"),
        ({"category": "legal_advice"}, "wrong-grant", "/category"),
        ({"valid_to": "2025-06-01"}, "wrong-period", "/valid_to"),
        ({"category": "castle"}, "unknown-word", "/category"),
        (
            {"venue_id": "0198c0de-0000-7000-8000-000000000009"},
            "unknown-reference",
            "/venue_id",
        ),
    ],
    ids=["nobody", "too long", "earmark", "backward", "word", "venue"],
)
async def test_a_promise_that_does_not_fit_is_refused_by_field(
    small_city: httpx.AsyncClient, head: Header, body: dict[str, Any], kind: str, pointer: str
) -> None:
    holder = (await street(small_city, head))["id"]
    money = await fund(small_city, head, holder_id=holder, category="eldercare")
    to = {} if not body else {"recipient_id": holder}
    answer = await small_city.post(
        f"/v1/funds/{money['id']}/grants",
        json={**GRANT, **to, **body},
        headers={**head, **key()},
    )

    assert (answer.status_code, slug(answer)) == (422, kind)
    assert pointers(answer) == [pointer]


async def test_a_fund_still_covers_what_arrived_and_what_was_promised(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    body = await street(small_city, head)
    money = await fund(small_city, head, holder_id=body["id"])
    await grant(small_city, head, money, recipient_id=body["id"])
    less = await patched(small_city, head, "/v1/funds", money, {"amount_fen": 999_999})
    shorter = await patched(small_city, head, "/v1/funds", money, {"valid_to": "2026-06-01"})
    more = await patched(small_city, head, "/v1/funds", money, {"amount_fen": 2_000_000})
    history = await small_city.get(f"/v1/history/fund/{money['id']}", headers=head)

    assert pointers(less) == ["/amount_fen"]
    assert pointers(shorter) == ["/valid_to"]
    assert (more.json()["amount_fen"], more.json()["version"]) == (2_000_000, 2)
    assert [each["version"] for each in history.json()["items"]] == [2, 1]


async def test_an_earmark_is_not_changed_for_one_promise_and_changed_back(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    body = await street(small_city, head)
    money = await fund(small_city, head, holder_id=body["id"], category="eldercare")
    other = await edited(small_city, head, money, category="legal_advice")
    given = await grant(
        small_city, head, money, recipient_id=body["id"], category="legal_advice", amount_fen=2
    )
    back = await edited(small_city, head, other.json(), category="eldercare")
    lifted = await edited(small_city, head, other.json(), category=None)
    anew = await edited(small_city, head, lifted.json(), category="eldercare")
    titled = await edited(small_city, head, lifted.json(), title="新")
    way = f"grants/{given['id']}"
    assert (await book(small_city, head, money, f"{way}/payments", 1)).status_code == 201
    assert (await end(small_city, head, money, way)).status_code == 200
    paid = await edited(small_city, head, titled.json(), category="eldercare")
    assert (await book(small_city, head, money, f"{way}/refunds", 1)).status_code == 201
    refunded = await edited(small_city, head, titled.json(), category="eldercare")

    for refused in (back, anew, paid):
        assert (refused.status_code, slug(refused)) == (422, "wrong-fund")
        assert pointers(refused) == ["/category"]
        assert "legal_advice" in refused.text
    assert [each.status_code for each in (other, lifted, titled, refunded)] == [200] * 4


async def test_an_earmark_grows_and_shrinks_around_its_grants(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    body = await street(small_city, head)
    money = await fund(small_city, head, holder_id=body["id"])
    await grant(small_city, head, money, recipient_id=body["id"], category="meal_canteen")
    narrow = await edited(small_city, head, money, category="meal_canteen")
    wide = await edited(small_city, head, narrow.json(), category="meal")

    assert [narrow.status_code, wide.status_code] == [200, 200]


async def test_a_promise_and_a_new_earmark_at_once_agree(
    live_client: httpx.AsyncClient, city: Header, head: Header
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    body = await street(live_client, head)
    for _ in range(4):
        money = await fund(live_client, head, holder_id=body["id"])
        promised, earmarked = await asyncio.gather(
            live_client.post(
                f"/v1/funds/{money['id']}/grants",
                json={**GRANT, "recipient_id": body["id"], "category": "legal_advice"},
                headers={**head, **key()},
            ),
            edited(live_client, head, money, category="eldercare"),
        )

        assert sorted((promised.status_code, earmarked.status_code)) in ([200, 422], [201, 422])


async def test_another_street_and_a_clerk_move_no_money(
    small_city: httpx.AsyncClient, head: Header, clerk: Header, bearer: Callable[..., Header]
) -> None:
    body = await street(small_city, head)
    money = await fund(small_city, head, holder_id=body["id"])
    elsewhere = bearer(Role.STREET_HEAD, area="310101013", line="*")
    read = await small_city.get(f"/v1/funds/{money['id']}", headers=elsewhere)
    moved = await book(small_city, elsewhere, money, "returns", 1)
    by_clerk = await book(small_city, clerk, money, "returns", 1)

    assert read.status_code == 404
    assert (moved.status_code, slug(moved)) == (403, "out-of-area")
    assert (by_clerk.status_code, slug(by_clerk)) == (403, "permission-missing")


async def test_balances_follow_the_entries_and_nobody_else(
    small_city: httpx.AsyncClient, head: Header, sessions: Sessions
) -> None:
    body = await street(small_city, head)
    await fund(small_city, head, holder_id=body["id"])
    for statement in (
        "UPDATE fund SET available_fen = 1, received_fen = 1",
        "UPDATE fund_entry SET amount_fen = 1",
        "DELETE FROM fund_entry",
    ):
        with pytest.raises(DBAPIError, match=r"follows the entries|only grows|permission denied"):
            async with sessions.begin() as session:
                await session.execute(text(statement))


async def test_two_payments_of_the_last_money_at_once_are_one_payment(
    live_client: httpx.AsyncClient, city: Header, head: Header
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    body = await street(live_client, head)
    money = await fund(live_client, head, holder_id=body["id"])
    given = await grant(live_client, head, money, recipient_id=body["id"])
    way = f"grants/{given['id']}/payments"
    answers = await asyncio.gather(
        *(book(live_client, head, money, way, 300_000) for _ in range(4))
    )
    promised = await asyncio.gather(
        *(
            live_client.post(
                f"/v1/funds/{money['id']}/grants",
                json={**GRANT, "recipient_id": body["id"], "amount_fen": 400_000},
                headers={**head, **key()},
            )
            for _ in range(4)
        )
    )

    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    assert sorted(each.status_code for each in promised) == [201, 409, 409, 409]
    assert await balances(live_client, head, money) == (1_000_000, 300_000, 400_000, 300_000)


async def test_a_list_of_funds_goes_by_area_and_source(
    small_city: httpx.AsyncClient, head: Header, city: Header
) -> None:
    holder = (await street(small_city, head))["id"]
    for area_code in ("310101013000", "310101002000"):
        for source in ("special_fund", "market_income"):
            await made(
                small_city,
                city,
                "/v1/funds",
                {**FUND, "holder_id": holder, "area_code": area_code, "source": source},
            )
    ours = (await small_city.get("/v1/funds", headers=head)).json()["items"]
    first = (await small_city.get("/v1/funds", headers=city, params={"limit": 3})).json()
    rest = await small_city.get("/v1/funds", headers=city, params={"after": first["next"]})
    market = await small_city.get("/v1/funds", headers=city, params={"source": "market_income"})

    assert {each["area_code"] for each in ours} == {"310101002000"}
    assert len(first["items"]) + len(rest.json()["items"]) == 4
    assert len(market.json()["items"]) == 2


@pytest.mark.parametrize("seed", range(3))
async def test_balances_are_the_sum_of_the_entries_after_any_sequence(
    small_city: httpx.AsyncClient, head: Header, sessions: Sessions, seed: int
) -> None:
    """Straight into the tables, past every rule of the service: the database holds by itself."""
    body = await street(small_city, head)
    money = await made(small_city, head, "/v1/funds", {**FUND, "holder_id": body["id"]})
    random, taken = Random(seed), 0
    for _ in range(40):
        kind = random.choice(list(EntryKind))
        async with sessions.begin() as session:
            grants = list(await session.scalars(text("SELECT id FROM fund_grant")))
            try:
                async with session.begin_nested():
                    await _post(session, money["id"], kind, random, grants)
                taken += 1
            except DBAPIError:
                continue
    async with sessions.begin() as session:
        sums = (await session.execute(text(_SUMS))).one()
        kept = (await session.execute(text(_KEPT))).one()

    assert taken > 5
    assert tuple(sums) == tuple(kept)
    assert kept.received_fen == kept.available_fen + kept.committed_fen + kept.spent_fen
    assert min(kept) >= 0


_KEPT = "SELECT received_fen, available_fen, committed_fen, spent_fen FROM fund"
_SUM = (
    "coalesce(sum(CASE '{0}' WHEN to_account THEN amount_fen WHEN from_account THEN -amount_fen"
    " ELSE 0 END), 0)::bigint"
)
_SUMS = "SELECT -{}, {}, {}, {} FROM fund_entry".format(
    *(_SUM.format(name) for name in ("source", "available", "committed", "spent"))
)


async def _post(
    session: AsyncSession, fund_id: str, kind: EntryKind, random: Random, grants: list[UUID]
) -> None:
    amount, grant_id = random.randint(1, 600_000), None
    if kind is EntryKind.COMMITMENT:
        session.add(
            FundGrant(
                fund_id=UUID(fund_id),
                id=(grant_id := uuid7()),
                kind="service",
                venue_id=uuid7(),
                category="meal",
                amount_fen=amount,
                valid_from=DAY,
                valid_to=DAY + timedelta(days=9),
                status="open",
                made_at=utc_now(),
                made_by="test",
            )
        )
        await session.flush()
    elif kind not in {EntryKind.RECEIPT, EntryKind.RETURN}:
        grant_id = random.choice(grants) if grants else uuid7()
    giver, taker = LEGS[kind]
    session.add(
        FundEntry(
            fund_id=UUID(fund_id),
            grant_id=grant_id,
            kind=kind,
            from_account=giver,
            to_account=taker,
            amount_fen=amount,
            booked_on=DAY,
            document_number="1",
            made_at=utc_now(),
            made_by="test",
        )
    )
    await session.flush()
