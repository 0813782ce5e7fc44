"""Chapter four: the winner's new offering is published, found for the needs, and delivered."""

from dataclasses import dataclass
from typing import Any, Final

from common.clock import city_day
from deploy.local.story.contract import Bought
from deploy.local.story.needs import Unmet, matched
from deploy.local.story.people import People
from deploy.local.story.street import CATEGORY, Street
from deploy.local.story.telling import Teller

PLACES: Final = 50


@dataclass(frozen=True, slots=True)
class Served:
    """The offering, the matches in which it was found, and the referrals that were served."""

    offering: dict[str, Any]
    match: dict[str, Any]
    referrals: dict[str, Any]


async def serve(
    tell: Teller, people: People, street: Street, unmet: Unmet, bought: Bought
) -> Served:
    """Weeks later, today: the same need is matched, referred, accepted and served."""
    tell.chapter("四、新服务接住需求", "Four: a new offering meets the needs")
    tell.clock.catch_up()
    offering = await publish(tell, people, street, bought.contract["provider_id"])
    found = await tell.when_told(  # the offering comes by its feed
        lambda: matched(tell, people, "同一需求再次匹配", "The same need is matched again")
    )
    referrals = {
        name: await delivered(tell, people, name, need, offering)
        for name, need in unmet.needs.items()
    }
    return Served(offering, found[0], referrals)


async def publish(
    tell: Teller, people: People, street: Street, provider: str, places: int = PLACES
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
    draft = await tell.post(
        people.provider(provider),
        "registry/v1/offerings",
        _offering(people, street, provider, item["id"], places),
        "承接方登记新服务",
        "The provider enters its offering",
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


def _offering(
    people: People, street: Street, provider: str, item: str, places: int
) -> dict[str, Any]:
    """Meals at home for the old, so many a day, paid by the street."""
    return {
        "name": "演示 云中午餐配送",
        "category": CATEGORY,
        "service_item_id": item,
        "provider_id": provider,
        "area_code": people.place.street_area,
        "channels": ["at_home"],
        "target_groups": ["elderly"],
        "eligibility": {"age_min": 60},
        "price_kind": "public",
        "price_fen": 1200,
        "price_unit": "份",
        "capacity": places,
        "capacity_unit": "meal",
        "capacity_period": "day",
        "responsible_department_id": street.office,
        "funding_source": "government_purchase",
    }


async def delivered(
    tell: Teller, people: People, name: str, need: dict[str, Any], offering: dict[str, Any]
) -> dict[str, Any]:
    """Referred by the resident; accepted and served by the provider."""
    wish = {"need_id": need["id"], "offering_id": offering["id"]}
    referral = await tell.when_told(  # places come by the same feed
        lambda: tell.post(
            people.resident(name), "matching/v1/referrals", wish, f"{name}转介", "A referral"
        )
    )
    provider = people.provider(offering["provider_id"])
    path = f"matching/v1/referrals/{referral['id']}/answer"
    for status, zh, en in (("accepted", "承接", "Accepted"), ("served", "送达", "Served")):
        referral = await tell.post(provider, path, {"status": status}, zh, en, of=referral)
    found: dict[str, Any] = referral
    return found
