"""What feedback's feeds say of providers becomes evidence, under the buyer of the contract."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson

from common import mirrors
from common.contracts.feeds import Kind
from common.feed.client import Change
from procurement.usecases import rating_told
from tests.procurement.cases import BUYER
from tests.procurement.organisations import SUPPLIER, Sessions, standing_evidence
from tests.procurement.service.test_red_flags import signed

SAMPLES = Path(__file__).parents[2] / "contract/samples"


def change(of: str, record_id: UUID, number: int, **more: Any) -> Change:
    """A record of the supplier as the feed tells it."""
    state = orjson.loads((SAMPLES / f"{of}.json").read_bytes())
    found = {**state, "id": str(record_id), "provider_id": str(SUPPLIER), **more}
    return Change(of, record_id, number, found)


async def told(sessions: Sessions, now: datetime, *changes: Change) -> None:
    effect = rating_told.ratings if changes[0].kind == "rating" else rating_told.cases
    async with sessions.begin() as session:
        await effect(session, changes, now=now)


async def test_a_rating_becomes_evidence_once_and_follows_its_changes(
    sessions: Sessions, now: datetime
) -> None:
    contract, rating = await signed(sessions), uuid4()
    said = {"contract_id": str(contract), "dimensions": [], "appealed_at": None}
    first = change("rating", rating, 1, level=5, **said)
    for _ in range(2):
        await told(sessions, now, first)
    (row,) = await standing_evidence(sessions)
    await told(sessions, now, change("rating", rating, 2, level=2, **said))
    (amended,) = await standing_evidence(sessions)
    await told(sessions, now, Change("rating", rating, 3, None))

    assert (row.level, str(row.buyer_id), row.contract_id) == (5, BUYER, contract)
    assert amended.level == 2
    assert await standing_evidence(sessions) == []


async def test_an_upheld_complaint_is_of_the_category_of_its_contract_or_offering(
    sessions: Sessions, now: datetime
) -> None:
    contract, offering = await signed(sessions), uuid4()
    async with sessions.begin() as session:
        state = {"id": str(offering), "category": "child_care", "area_code": "310101002000"}
        await mirrors.put(session, Kind.OFFERING, orjson.dumps([state]).decode())
    stands = {"kind": "complaint", "is_upheld": True, "status": "confirmed"}
    await told(
        sessions,
        now,
        change("case", uuid4(), 1, **stands, contract_id=str(contract)),
        change("case", uuid4(), 2, **stands, contract_id=None, offering_id=str(offering)),
        change("case", uuid4(), 3, **stands, contract_id=None, offering_id=None),
        change("case", uuid4(), 4, **{**stands, "is_upheld": None}, contract_id=str(contract)),
    )
    rows = await standing_evidence(sessions)

    assert {(row.category, row.buyer_id and str(row.buyer_id)) for row in rows} == {
        ("meal", BUYER),
        ("child_care", None),
    }
    assert {row.counts_from_on for row in rows} == {date(2026, 3, 17)}
