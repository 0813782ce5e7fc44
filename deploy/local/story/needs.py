"""Chapter one: needs in a street that nobody can serve become a need that all can see."""

from dataclasses import dataclass
from typing import Any, Final

from deploy.local.story.people import PUBLIC, People
from deploy.local.story.street import CATEGORY
from deploy.local.story.telling import Teller

NAMES: Final = ("阿珍", "阿明", "阿华")
LATER: Final = ("阿芳", "阿强", "阿兰", "阿福", "阿桂", "阿娣", "阿宝")  # with those above, ten
PERSONS: Final = 36
OLD: Final = {"age": 82, "groups": ["elderly", "living_alone"]}


@dataclass(frozen=True, slots=True)
class Unmet:
    """The needs by resident, what matching found for one of them, and the street's own record."""

    needs: dict[str, Any]
    matches: list[Any]
    collective: dict[str, Any]


async def go_unmet(tell: Teller, people: People) -> Unmet:
    """Three neighbours need meals; nobody delivers any."""
    tell.chapter("一、无人能接的需求", "One: needs that nobody can serve")
    needs = {name: await raised(tell, people, name) for name in NAMES}
    found = await matched(tell, people, "此时没有任何服务可匹配", "Nothing can be matched yet")
    collective = await tell.post(
        people.clerk,
        "matching/v1/collective-needs",
        {
            "title": "演示 高龄独居老人午餐配送",
            "area_code": people.place.home,
            "category": CATEGORY,
            "target_group": "elderly",
            "persons": PERSONS,
            "evidence": [{"kind": "visits", "reference": "走访台账"}],
        },
        "街道登记共性需求",
        "The street records a collective need",
    )
    await tell.get(
        PUBLIC,
        f"matching/v1/collective-needs/{collective['id']}",
        "人人可见的缺口",
        "The want, for everybody to see",
    )
    return Unmet(needs, found, collective)


async def matched(tell: Teller, people: People, zh: str = "", en: str = "") -> list[Any]:
    """What could serve an old neighbour of the street, in order and explained."""
    home = {"registered_area": people.place.home, "living_area": people.place.home}
    where = {"lon": people.place.lon, "lat": people.place.lat}
    need = {"category": CATEGORY, **where, "person": {**OLD, **home}}
    answer = await tell.post(
        people.clerk, "matching/v1/matches", {"needs": [need], "limit": 5}, zh, en
    )
    found: list[Any] = answer["results"][0]["items"]
    return found


def order(found: list[Any]) -> str:
    """The offerings of a match in their order, and what put each one there."""
    lines = [
        f"{place}. {each['name']}  {each['score_minutes']:+.1f} min = "
        + ", ".join(f"{part['part']} {part['minutes']:+.1f}" for part in each["parts"])
        for place, each in enumerate(found, 1)
    ]
    return "\n".join(f"  {line}" for line in lines)


async def raised(tell: Teller, people: People, name: str) -> Any:
    """A resident's own need, with a way to reach them."""
    body = {
        "category": CATEGORY,
        "words": "独居，腿脚不便，午饭没有着落",
        "area_code": people.place.home,
        "lon": people.place.lon,
        "lat": people.place.lat,
        "raised_by": "self",
        "profile": {"age_band": "80+", "groups": ["elderly", "living_alone"]},
        "contact": {"name": "王小明", "phone": "138 0000 8000", "address": "南京东路某弄三号"},
    }
    return await tell.post(
        people.resident(name), "matching/v1/needs", body, f"{name}提出需求", "A need is raised"
    )
