"""Chapter four: the winner's new offering is published, found for the needs, and delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from common.clock import city_day
from deploy.local.story.contract import Bought
from deploy.local.story.needs import Unmet, matched, order
from deploy.local.story.people import People
from deploy.local.story.street import CATEGORY, Street
from deploy.local.story.telling import Teller

PLACES: Final = 50
BOUGHT: Final = {
    "name": "演示 云中午餐配送",
    "price_kind": "public",
    "price_fen": 1200,
    "funding_source": "government_purchase",
}
OF_ITS_OWN: Final = {
    "name": "演示 自办午餐上门",
    "price_kind": "market",
    "price_fen": 2600,
    "capacity": PLACES,
}


@dataclass(frozen=True, slots=True)
class Served:
    """The offering, its rival, the match in which both stood, and what was delivered."""

    offering: dict[str, Any]
    rival: dict[str, Any]
    matches: list[Any]
    referrals: dict[str, Any]


async def serve(
    tell: Teller, people: People, street: Street, unmet: Unmet, bought: Bought
) -> Served:
    """Weeks later, today: the same need is matched, referred, accepted and served."""
    tell.chapter("四、新服务接住需求", "Four: a new offering meets the needs")
    tell.clock.catch_up()
    winner = bought.contract["provider_id"]
    loser = next(each for each in street.providers if each != winner)
    tell.say("\n落选的一家也来，由居民自费 / One that lost comes, too, at residents' own cost")
    rival = await _offered(tell, people, street, loser, OF_ITS_OWN)
    offering = await publish(tell, people, street, winner)
    found = await tell.when_told(  # the offerings come by their feed
        lambda: matched(tell, people, "同一需求再次匹配", "The same need is matched again"),
        lambda found: len(found) == len((rival, offering)),
    )
    tell.say("  两家都是新承接者，同分，先登记者在前 / Both are new and level: first come, first")
    tell.say(order(found))
    referrals = {
        name: await delivered(tell, people, name, need, offering)
        for name, need in unmet.needs.items()
    }
    return Served(offering, rival, found, referrals)


async def publish(
    tell: Teller,
    people: People,
    street: Street,
    provider: str,
    places: int = PLACES,
) -> dict[str, Any]:
    """An item of the street's list that names who handles it, and the offering under it."""
    item = await tell.post(
        people.clerk,
        "registry/v1/service-items",
        {
            "name": "高龄独居老人午餐配送",
            "category": CATEGORY,
            "area_code": people.place.street_area,
            "responsible_department_id": street.office,
            "handling_body_id": provider,
            "valid_from": str(city_day(tell.clock.now)),
        },
        "列入街道服务事项",
        "An item of the street's list",
    )
    path = f"registry/v1/service-items/{item['id']}"
    await tell.post(people.clerk, f"{path}/status", {"status": "published"}, of=item)
    terms = {**BOUGHT, "service_item_id": item["id"], "capacity": places}
    return await _offered(tell, people, street, provider, terms)


async def _offered(
    tell: Teller, people: People, street: Street, provider: str, terms: Mapping[str, Any]
) -> dict[str, Any]:
    """Meals at home for the old of the street: entered by the provider, published."""
    draft = await tell.post(
        people.provider(provider),
        "registry/v1/offerings",
        {
            "category": CATEGORY,
            "provider_id": provider,
            "area_code": people.place.street_area,
            "channels": ["at_home"],
            "target_groups": ["elderly"],
            "eligibility": {"age_min": 60, "household_areas": [people.place.street]},
            "price_unit": "份",
            "capacity_unit": "meal",
            "capacity_period": "day",
            "responsible_department_id": street.office,
            **terms,
        },
        "服务机构登记新服务",
        "A provider enters its offering",
    )
    path = f"registry/v1/offerings/{draft['id']}"
    published: dict[str, Any] = await tell.post(
        people.clerk,
        f"{path}/status",
        {"status": "published"},
        "街道审核发布",
        "The street publishes it",
        of=draft,
    )
    return published


async def delivered(
    tell: Teller, people: People, name: str, need: dict[str, Any], offering: dict[str, Any]
) -> dict[str, Any]:
    """Referred by the resident; accepted, and served once it says which contract pays for it."""
    wish = {"need_id": need["id"], "offering_id": offering["id"]}
    referral = await tell.when_told(  # places come by the same feed
        lambda: tell.post(
            people.resident(name), "matching/v1/referrals", wish, f"{name}转介", "A referral"
        )
    )
    provider = people.provider(offering["provider_id"])
    path = f"matching/v1/referrals/{referral['id']}"
    await tell.post(
        provider, f"{path}/answer", {"status": "accepted"}, "承接", "Accepted", of=referral
    )
    paid = await tell.when_told(  # contracts come by procurement's feed
        lambda: tell.get(provider, path), lambda found: found["contract_id"] is not None
    )
    served: dict[str, Any] = await tell.post(
        provider, f"{path}/answer", {"status": "served"}, "送达", "Served", of=paid
    )
    return served
