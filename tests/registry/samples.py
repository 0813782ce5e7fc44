"""A call that is fine but for who makes it, and such calls for money and what is run together."""

from typing import Any, NamedTuple

import httpx

from tests.registry.inventory import made, street, venue
from tests.registry.money import FUND, GRANT, MONEY, PROGRAMME, book, fund, grant
from tests.registry.small_city import key

Header = dict[str, str]
HERE, TOWN = "310101002", "310101002000"
LEASE: dict[str, Any] = {
    "use": "low_fee",
    "category": "haircut",
    "floor_area_m2": 20,
    "price_ceiling_fen": 1_000,
    "reference_price_fen": 4_000,
    "price_basis": "周边三家理发店公示价均值",
    "price_unit": "次",
    "valid_from": "2026-01-01",
    "valid_to": "2027-01-01",
}
TWIN = {"phone": "021-55500001", "opening_hours": None}


class Sample(NamedTuple):
    """A call that is fine but for who makes it."""

    body: dict[str, Any] | None = None
    ids: tuple[str, ...] = ()
    version: int | None = None
    query: dict[str, str] | None = None
    is_list: bool = False


LISTED = Sample(is_list=True)
"""A list: it holds what lies within reach, and for others nothing."""


async def money_samples(client: httpx.AsyncClient, city: Header) -> dict[str, Sample]:
    """Of funds, programmes, bundles and concessions."""
    body = await street(client, city, name="演示数据 受助机构")
    house = await venue(client, city, name="演示数据 受助载体", floor_area_m2=200)
    lease = {**LEASE, "operator_id": body["id"], "venue_id": house["id"]}
    concession = await made(client, city, "/v1/concessions", lease)
    plan = {**PROGRAMME, "department_id": body["id"]}
    programme = await made(client, city, "/v1/programmes", plan)
    team = {"title": "演示组团", "purpose": "一并运营", "area_code": TOWN}
    team |= {"valid_from": "2026-03-01", "operator_id": body["id"]}
    bundle = await made(client, city, "/v1/bundles", {**team, "venue_ids": [house["id"]]})
    return {
        **await fund_samples(client, city, body["id"]),
        "post /v1/programmes": Sample(plan),
        "patch /v1/programmes/{programme_id}": Sample({"title": "新名"}, (programme["id"],), 1),
        "post /v1/programmes/{programme_id}/status": Sample(
            {"status": "published"}, (programme["id"],), 1
        ),
        "post /v1/bundles": Sample(team),
        "patch /v1/bundles/{bundle_id}": Sample({"title": "新名"}, (bundle["id"],), 1),
        "post /v1/bundles/{bundle_id}/status": Sample({"status": "running"}, (bundle["id"],), 1),
        "post /v1/concessions": Sample(lease),
        "post /v1/concessions/{concession_id}/status": Sample(
            {"status": "granted"}, (concession["id"],), 1
        ),
        "post /v1/venue-months": Sample(
            {"venue_id": house["id"], "month": "2026-02-10", "visits": 0, "services": 0}
        ),
        "get /v1/cost-and-use": Sample(
            query={"from": "2026-01-01", "to": "2026-12-31"}, is_list=True
        ),
        "get /v1/platform-overlaps": Sample(query={"town": HERE}),
    }


async def fund_samples(
    client: httpx.AsyncClient, city: Header, recipient: str
) -> dict[str, Sample]:
    """Of funds: two pay the same body for the same item, so that there is something to find."""
    new = {**FUND, "holder_id": recipient}
    first = await fund(client, city, holder_id=recipient)
    second = await fund(client, city, holder_id=recipient, source="micro_fund")
    given = await grant(client, city, first, recipient_id=recipient)
    await grant(client, city, second, recipient_id=recipient)
    await book(client, city, first, f"grants/{given['id']}/payments", 1_000)
    found = (await client.get("/v1/funding-findings", headers=city)).json()["items"][0]
    decision = {"rule": found["rule"], "verdict": "co_funded", "reason": "区级配套"}
    decision |= {f"{side}_id": found[side]["record_id"] for side in ("first", "second")}
    own, both = (first["id"],), (first["id"], given["id"])
    paid = {**MONEY, "amount_fen": 100}
    ended = {"reason": "停办", "document_number": "停办 1"}
    return {
        "get /v1/funds": LISTED,
        "post /v1/funds": Sample(new),
        "get /v1/funds/{fund_id}": Sample(None, own),
        "patch /v1/funds/{fund_id}": Sample({"title": "新名"}, own, 1),
        "get /v1/funds/{fund_id}/entries": Sample(None, own),
        "post /v1/funds/{fund_id}/receipts": Sample(paid, own),
        "post /v1/funds/{fund_id}/returns": Sample(paid, own),
        "post /v1/funds/{fund_id}/grants": Sample({**GRANT, "recipient_id": recipient}, own),
        "post /v1/funds/{fund_id}/grants/{grant_id}/payments": Sample(paid, both),
        "post /v1/funds/{fund_id}/grants/{grant_id}/refunds": Sample(paid, both),
        "get /v1/funding-findings": LISTED,
        "post /v1/funding-findings/decisions": Sample(decision),
        "post /v1/funds/{fund_id}/grants/{grant_id}/end": Sample(ended, both),
        "post /v1/funds/{fund_id}/closing": Sample(ended, own, 1),
    }


async def duplicate_samples(client: httpx.AsyncClient, city: Header) -> dict[str, Sample]:
    """Of likely duplicates: two pairs, one of which is merged already."""
    for number in range(4):
        name = f"演示数据 {'松鹤' if number < 2 else '梅林'}长者食堂"
        lon = 121.48 if number < 2 else 121.49
        await venue(client, city, name=name, code=f"S-{number}", lon=lon, lat=31.236, **TWIN)
    swept = {"json": {"kind": "venue"}, "headers": {**city, **key()}}
    while (await client.post("/v1/duplicates/sweep", **swept)).json()["left"]:
        swept["headers"] = {**city, **key()}
    listed = await client.get("/v1/duplicates", headers=city, params={"kind": "venue"})
    merged, open_ = listed.json()["items"][:2]
    same = {"verdict": "same", "reason": "实地核对", "keep_id": merged["first"]["id"]}
    path = f"/v1/duplicates/{merged['id']}/decision"
    merge = (await client.post(path, json=same, headers={**city, **key()})).json()["merge_id"]
    unsure = {"verdict": "unsure", "reason": "再核对"}
    return {
        "get /v1/duplicates": Sample(query={"kind": "venue"}, is_list=True),
        "get /v1/duplicates/{duplicate_id}": Sample(None, (open_["id"],)),
        "post /v1/duplicates/{duplicate_id}/decision": Sample(unsure, (open_["id"],)),
        "get /v1/merges": LISTED,
        "get /v1/merges/origins/{kind}/{record_id}": Sample(None, ("venue", merged["first"]["id"])),
        "post /v1/merges/{merge_id}/undo": Sample({"reason": "误并"}, (merge,)),
    }
