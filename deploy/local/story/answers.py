"""Chapters five and seven: rated, complained of and answered; what comes of it everywhere."""

from dataclasses import dataclass
from typing import Any, Final

from deploy.local.story.needs import NAMES, matched
from deploy.local.story.people import PUBLIC, People
from deploy.local.story.service import Served
from deploy.local.story.street import CATEGORY
from deploy.local.story.telling import Teller
from deploy.local.story.voices import Decided

LEVELS: Final = (5, 4, 2)


@dataclass(frozen=True, slots=True)
class Said:
    """What residents said of the service, and the case to its end."""

    ratings: list[Any]
    deadline: dict[str, Any]
    case: dict[str, Any]
    alone: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the platform knows now that it did not know before."""

    rating: dict[str, Any]
    explained: dict[str, Any]
    match: dict[str, Any]
    progress: dict[str, Any]


async def answer(tell: Teller, people: People, served: Served) -> Said:
    """All three rate; the one who is not content complains too."""
    tell.chapter("五、评价与投诉", "Five: rated, and complained of")
    ratings = [
        await rated(tell, people, name, served.referrals[name], level)
        for name, level in zip(NAMES, LEVELS, strict=True)
    ]
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


async def learn(
    tell: Teller, people: People, decided: Decided, served: Served, *, heard: int
) -> Learnt:
    """The evidence reaches the provider's file; matching and voters see what may be seen.

    So many ratings there are in all.
    """
    tell.chapter("七、评价影响下一次选择", "Seven: what was said counts the next time")
    path = f"procurement/v1/providers/{served.offering['provider_id']}/ratings"
    told = await tell.when_told(  # ratings come by their feed, and are reckoned soon after
        lambda: tell.get(
            people.district,
            f"{path}/exact",
            "监管部门看评级的精确值；公众看每月一期、十人以上一并计入的评级",
            "The supervisor sees exact figures; the public a month's edition, tens of residents",
        ),
        lambda found: any(each["ratings"] >= heard for each in found),
    )
    overall = next(each for each in told if each["dimension"] == "overall")
    explained = await _explained(
        *(tell, people, served.offering["provider_id"], heard),
        "两家互不关联的购买方：评级及其依据",
        "Two unrelated buyers: the rating on its grounds",
    )
    found = await matched(tell, people, "下一次匹配", "The next match")
    progress = await tell.when_told(  # the outcome comes back by procurement's feed
        lambda: tell.get(
            PUBLIC,
            f"feedback/v1/agendas/{decided.agenda['id']}/progress",
            "告诉投票的居民：钱花到了哪里",
            "Voters are told what became of their vote",
        ),
        lambda told: (told["items"][0]["outcome"] or {}).get("paid_fen", 0) > 0,
    )
    return Learnt(overall, explained, found[0], progress)


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
