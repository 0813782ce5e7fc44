"""Budget lines through the API and the ledger through its use cases."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.procurement_budgets import HolderKind
from procurement.domain.ledger import BudgetExceeded, MoreThanHeld
from procurement.usecases import budgets
from procurement.usecases.budgets import Holder, Share
from tests.procurement.cases import BUYER, LINE, Header, Sessions, at, key, opened_line


@pytest.fixture
def by(actor: Callable[..., Actor]) -> Actor:
    return actor(Role.STREET_HEAD, area="310101002", line="*")


async def test_a_line_is_passed_and_its_ledger_begins(
    client: httpx.AsyncClient, head: Header, clerk: Header
) -> None:
    line = await opened_line(client, head)
    entries = await client.get(f"/v1/budget-lines/{line['id']}/entries", headers=clerk)

    assert (line["planned_fen"], line["free_fen"], line["paid_fen"]) == (10_000_000, 10_000_000, 0)
    assert [(e["number"], e["kind"]) for e in entries.json()["items"]] == [(1, "planned")]


async def test_a_line_is_passed_once(client: httpx.AsyncClient, head: Header) -> None:
    line = await opened_line(client, head)
    again = await client.post(
        "/v1/budget-lines", json={**LINE, "code": line["code"]}, headers={**head, **key()}
    )

    assert again.status_code == 409


async def test_money_is_reserved_committed_and_paid(
    client: httpx.AsyncClient, head: Header, sessions: Sessions, by: Actor, now: datetime
) -> None:
    line = await opened_line(client, head)
    tender, contract = Holder(HolderKind.TENDER, uuid4()), Holder(HolderKind.CONTRACT, uuid4())
    share = Share(UUID(line["id"]), 60_000_00)
    async with sessions.begin() as session:
        await budgets.reserve(session, tender, [share], buyer_id=UUID(BUYER), by=by, now=now)
        part = [Share(share.line_id, 50_000_00)]
        await budgets.commit(session, tender, part, to=contract, by=by, now=now)
        await budgets.release(session, tender, by=by, now=now)
        part = [Share(share.line_id, 20_000_00)]
        await budgets.pay(session, contract, part, by=by, now=now)
    read = (await client.get(f"/v1/budget-lines/{line['id']}", headers=head)).json()
    entries = await client.get(f"/v1/budget-lines/{line['id']}/entries", headers=head)

    assert (read["reserved_fen"], read["committed_fen"]) == (0, 30_000_00)
    assert (read["paid_fen"], read["free_fen"]) == (20_000_00, 50_000_00)
    kinds = [entry["kind"] for entry in entries.json()["items"]]
    assert kinds == ["planned", "reserved", "committed", "released", "paid"]


async def test_nobody_takes_what_another_purchase_holds(
    client: httpx.AsyncClient, head: Header, sessions: Sessions, by: Actor, now: datetime
) -> None:
    line = UUID((await opened_line(client, head))["id"])
    one, two = Holder(HolderKind.TENDER, uuid4()), Holder(HolderKind.TENDER, uuid4())
    async with sessions.begin() as session:
        await budgets.reserve(
            session, one, [Share(line, 60_000_00)], buyer_id=UUID(BUYER), by=by, now=now
        )
        await budgets.reserve(
            session, two, [Share(line, 10_000_00)], buyer_id=UUID(BUYER), by=by, now=now
        )

    async with sessions() as session:
        with pytest.raises(MoreThanHeld):
            await budgets.commit(session, two, [Share(line, 10_000_01)], to=two, by=by, now=now)
    async with sessions() as session:
        with pytest.raises(BudgetExceeded):
            await budgets.reserve(
                session, two, [Share(line, 30_000_01)], buyer_id=UUID(BUYER), by=by, now=now
            )


async def test_another_amount_covers_what_is_spoken_for(
    client: httpx.AsyncClient, head: Header, sessions: Sessions, by: Actor, now: datetime
) -> None:
    line = await opened_line(client, head)
    path = f"/v1/budget-lines/{line['id']}"
    async with sessions.begin() as session:
        share = Share(UUID(line["id"]), 60_000_00)
        await budgets.reserve(
            session,
            Holder(HolderKind.TENDER, uuid4()),
            [share],
            buyer_id=UUID(BUYER),
            by=by,
            now=now,
        )
    line = (await client.get(path, headers=head)).json()

    async def replan(fen: int) -> httpx.Response:
        wish: dict[str, Any] = {"planned_fen": fen, "document": "南东街办〔2026〕9号"}
        return await client.post(f"{path}/amount", json=wish, headers={**head, **key(), **at(line)})

    less, more = await replan(59_999_99), await replan(80_000_00)

    assert (less.status_code, less.json()["type"]) == (409, "budget-exceeded")
    assert less.json()["errors"][0]["pointer"] == "/planned_fen"
    assert (more.status_code, more.json()["free_fen"]) == (200, 20_000_00)


async def test_another_street_neither_sees_nor_writes_the_line(
    client: httpx.AsyncClient, head: Header, other_head: Header
) -> None:
    line = await opened_line(client, head)
    listed = await client.get("/v1/budget-lines", headers=other_head)
    written = await client.post("/v1/budget-lines", json=LINE, headers={**other_head, **key()})

    assert listed.json()["items"] == []
    assert (
        await client.get(f"/v1/budget-lines/{line['id']}", headers=other_head)
    ).status_code == 404
    assert (written.status_code, written.json()["type"]) == (403, "out-of-area")
