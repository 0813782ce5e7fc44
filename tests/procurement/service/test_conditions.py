"""Bids are let through by the proof of each published condition, and by nothing else."""

from datetime import date
from uuid import UUID, uuid4

from common.clock import utc_now
from procurement import tables
from tests.procurement.cases import Sessions
from tests.procurement.organisations import made, provider_row
from tests.procurement.tendering import CRITERIA, PAPER, A, B, C, Market

PRICES = {A: 450_000_00, B: 460_000_00, C: 470_000_00}


async def licensed(
    sessions: Sessions, organisation: str, *, since: date = date(2025, 1, 1), to: date | None = None
) -> str:
    """A provider on file with a verified licence."""
    now, licence = utc_now(), uuid4()
    async with sessions.begin() as session:
        session.add(provider_row(now, UUID(organisation)))
        await session.flush()
        session.add(
            tables.Qualification(
                id=licence,
                provider_id=UUID(organisation),
                code="food_licence",
                name="食品经营许可",
                valid_from_on=since,
                valid_to_on=to,
                status="verified",
                verified_at=now,
                verified_by="test",
                **made(now),
            )
        )
    return str(licence)


async def test_a_bid_without_its_licence_is_not_let_through(
    market: Market, sessions: Sessions
) -> None:
    licence = await licensed(sessions, C)
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender = row["id"]
    for org, price in PRICES.items():
        await market.bid(tender, org, price, attachments=[PAPER] if org == A else [])
    market.clock.to("2026-03-23 10:00")
    for org in PRICES:
        await market.reveal(tender, org)
    await market.opened(tender)
    bids = {b["bidder_id"]: b for b in await market.get(market.clerk, f"tenders/{tender}/bids")}
    paper = {"criterion": 1, "attachment": PAPER}
    filed = {"criterion": 1, "qualification_id": licence}

    async def check(org: str, *proofs: object, status: int = 0) -> dict[str, object]:
        path = f"tenders/{tender}/bids/{bids[org]['id']}/conformity"
        body = {"conforms": True, "proofs": list(proofs)}
        answer: dict[str, object] = await market.post(market.clerk, path, body, status=status)
        return answer

    refused = [
        await check(A, status=422),
        await check(B, paper, status=422),
        await check(B, filed, status=422),
    ]
    through = [await check(A, paper), await check(C, filed)]
    others = await market.get(market.supplier(B), f"tenders/{tender}/bids")

    assert {each["type"] for each in refused} == {"condition-unproven"}
    assert [each["status"] for each in through] == ["valid", "valid"]
    assert through[1]["proofs"] == [{**filed, "attachment": None}]
    assert [each["proofs"] for each in others] == [[], [], []]
