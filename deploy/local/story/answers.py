"""Chapter five: residents rate what they were given; a complaint is answered and put right."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy.local.story.needs import LATER, NAMES, raised
from deploy.local.story.people import People
from deploy.local.story.service import Served, delivered
from deploy.local.story.street import CATEGORY
from deploy.local.story.telling import Teller

LEVELS: Final = (5, 4, 2)
LEVELS_LATER: Final = (5, 5, 4, 5, 5, 4, 5)


@dataclass(frozen=True, slots=True)
class Said:
    """What residents said of the service, and the case to its end."""

    ratings: list[Any]
    deadline: dict[str, Any]
    case: dict[str, Any]
    alone: dict[str, Any]


async def answer(tell: Teller, people: People, served: Served) -> Said:
    """All three rate, seven more come and rate; who is not content complains too."""
    tell.chapter("五、评价与投诉", "Five: rated, and complained of")
    ratings = [
        await rated(tell, people, name, served.referrals[name], level)
        for name, level in zip(NAMES, LEVELS, strict=True)
    ]
    later = dict(zip(LATER, LEVELS_LATER, strict=True))
    ratings += await neighbours(tell, people, served.offering, later)
    resident, provider = people.resident(NAMES[-1]), served.offering["provider_id"]
    case = await tell.post(
        resident,
        "feedback/v1/cases",
        {
            "kind": "complaint",
            "category": CATEGORY,
            "words": "送餐连续三天迟到，饭菜已凉，电话没人接",
            "area_code": people.place.home,
            "offering_id": served.offering["id"],
        },
        "居民投诉",
        "A complaint",
    )
    path = f"feedback/v1/cases/{case['id']}"
    deadline = await tell.get(resident, f"{path}/deadline", "期限自动计算", "It has a deadline")
    body = people.provider(provider)
    for given, zh, en in (
        ({"status": "accepted"}, "责任单位受理", "The body takes it up"),
        (
            {"status": "fixed", "words": "已改由专人配送并致歉", "is_upheld": True},
            "办结并认定属实",
            "Put right; the complaint is upheld",
        ),
    ):
        case = await tell.post(body, f"{path}/status", given, zh, en, of=case)
    verdict = {"status": "confirmed"}
    case = await tell.post(
        resident, f"{path}/verdict", verdict, "居民确认解决", "The resident confirms", of=case
    )
    alone = await _explained(
        *(tell, people, provider, len(ratings)),
        "只有一家购买方的评价：按规则暂不评级",
        "One buyer's people alone: no rating, and by which rule",
    )
    return Said(ratings, deadline, case, alone)


async def neighbours(
    tell: Teller, people: People, offering: dict[str, Any], levels: Mapping[str, int]
) -> list[Any]:
    """More neighbours, told in short: each is in need, referred and served; then all rate."""
    stars = " ".join(map(str, levels.values()))
    with tell.in_short(
        f"又有 {len(levels)} 位邻居提出需求、转介、送达、评价：{stars}",
        f"{len(levels)} more neighbours in need, referred, served, and their ratings",
    ):
        wants = {name: await raised(tell, people, name) for name in levels}
        referrals = {
            name: await delivered(tell, people, name, need, offering)
            for name, need in wants.items()
        }
        return [
            await rated(tell, people, name, referrals[name], level)
            for name, level in levels.items()
        ]


async def _explained(
    tell: Teller, people: People, provider: str, heard: int, zh: str, en: str
) -> dict[str, Any]:
    """The rating recomputed from its evidence, once all of it has come."""
    path = f"procurement/v1/providers/{provider}/ratings/recomputed?category={CATEGORY}"
    found: dict[str, Any] = await tell.when_told(  # ratings come by their feed
        lambda: tell.get(people.district, path, zh, en), lambda told: told["ratings"] >= heard
    )
    return found


async def rated(
    tell: Teller, people: People, name: str, referral: dict[str, Any], level: int
) -> Any:
    """One rating of one delivered service, by who was served."""
    wish = {"referral_id": referral["id"], "level": level}
    return await tell.when_told(  # that somebody was served comes by its feed
        lambda: tell.post(
            people.resident(name), "feedback/v1/ratings", wish, f"{name}评价", "A rating"
        )
    )
