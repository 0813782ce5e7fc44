"""Chapter seven: the month ends, its ratings are published, and the next match is another one.

Until then nothing that the public or the matching sees has moved: ratings come in editions, those
of residents ten or more together (`docs/decisions/0029`). The clock goes on to the first period
that is over and not yet published, so the story can be told again on the same platform.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final

from common.clock import CITY_ZONE, city_day
from deploy.local.story.needs import matched, order
from deploy.local.story.people import PUBLIC, People
from deploy.local.story.service import Served
from deploy.local.story.street import CATEGORY
from deploy.local.story.telling import StoryBrokenError, Teller
from deploy.local.story.voices import Decided

EDITIONS: Final = "procurement/v1/rating-editions"
TRIES: Final = 3  # somebody else may publish in between
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the platform knows now that it did not know before, and what that changed."""

    exact: dict[str, Any]
    before: list[Any]
    edition: dict[str, Any]
    rating: dict[str, Any]
    explained: dict[str, Any]
    after: list[Any]
    progress: dict[str, Any]


async def learn(
    tell: Teller, people: People, decided: Decided, served: Served, *, heard: int
) -> Learnt:
    """The ratings, so many in all, are published; matching and voters see what came of them."""
    tell.chapter("七、评价影响下一次选择", "Seven: what was said counts the next time")
    path = f"procurement/v1/providers/{served.offering['provider_id']}/ratings"
    exact = await _exact(tell, people, path, heard)
    before = await matched(tell, people, "公布之前：匹配次序未变", "Not published yet: as before")
    tell.say(order(before))
    edition = await _published(tell, people, city_day(tell.clock.now))
    told = await tell.get(
        PUBLIC, f"{path}?category={CATEGORY}", "人人可见的评级", "The rating, for everybody to see"
    )
    rating = _rated(told)
    tell.say(f"  {in_words(rating)}")
    explained = await tell.get(
        PUBLIC,
        f"{path}/explained?category={CATEGORY}",
        "两家互不关联的购买方：评级及其依据",
        "Two unrelated buyers: the rating on its grounds",
    )
    first = served.offering["id"]
    after = await tell.when_told(  # the rating comes by procurement's feed
        lambda: matched(tell, people, "下一次匹配：次序变了", "The next match: in another order"),
        lambda found: found[0]["offering_id"] == first,
    )
    tell.say(order(after))
    return Learnt(exact, before, edition, rating, explained, after, await _progress(tell, decided))


async def _exact(tell: Teller, people: People, path: str, heard: int) -> dict[str, Any]:
    """What the supervisor sees, once all that was said has come; the public sees nothing yet."""
    told = await tell.when_told(  # ratings come by their feed, and are reckoned soon after
        lambda: tell.get(
            people.district,
            f"{path}/exact?category={CATEGORY}",
            "监管部门随时看到精确值，每次查看留痕",
            "The supervisor sees exact figures at any time, and each look is audited",
        ),
        lambda found: any(each["ratings"] >= heard for each in found),
    )
    exact = _overall(told)
    tell.say(f"  {in_words(exact)}")
    await tell.get(
        PUBLIC,
        f"{path}?category={CATEGORY}",
        "公众看每月一期的评级，十人以上一并计入：此时还没有",
        "The public has an edition a month, with tens of residents together: none yet",
    )
    return exact


def in_words(rating: dict[str, Any]) -> str:
    """A rating between its bounds, with what it rests on."""
    if not rating["is_rated"]:
        return "样本不足，按规则暂不评级 / too few yet: no rating by rule"
    return (
        f"{rating['level']} 级 level, {rating['expected']:.2f} "
        f"({rating['lower_bound']:.2f}–{rating['upper_bound']:.2f}), "
        f"{rating['ratings']} 条评价 ratings, {rating['buyers']} 家购买方 buyers"
    )


def _overall(told: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in told if each["dimension"] == "overall")
    return found


def _rated(told: list[Any]) -> dict[str, Any]:
    """The overall rating that an edition told. Raises `StoryBrokenError` when it told none."""
    for each in told:
        if each["dimension"] == "overall" and each["is_rated"]:
            found: dict[str, Any] = each
            return found
    raise StoryBrokenError(f"公布的一期里没有评级 / the edition tells no rating: {told}")


async def _published(tell: Teller, people: People, said_on: date) -> dict[str, Any]:
    """The first edition in which what was said that day is heard. Raises `StoryBrokenError`."""
    for _ in range(TRIES):
        until_on = await _next_period(tell, said_on)
        tell.clock.pass_to(datetime.combine(until_on + ONE_DAY, time(1), CITY_ZONE))
        day = city_day(tell.clock.now)
        tell.say(f"\n时钟走到 {day}，评级的一期结束 / It is {day}: a period of the ratings is over")
        wish = {"until_on": str(until_on)}
        zh, en = "市级部门公布这一期，每期只公布一次", "The city publishes it, once for ever"
        publish = partial(tell.post, people.city, EDITIONS, wish, zh, en)
        if await tell.if_allowed(publish):
            listed = await tell.get(
                PUBLIC, f"{EDITIONS}?limit=1", "人人可见的期次", "Everybody sees the editions"
            )
            edition: dict[str, Any] = listed["items"][0]
            return edition
    raise StoryBrokenError(f"评级的一期未能公布 / no edition was published in {TRIES} tries")


async def _next_period(tell: Teller, said_on: date) -> date:
    """The last day of the month that is not published and hears what was said on a day."""
    rules = await tell.get(PUBLIC, "procurement/v1/rules?parameter=edition_settled")
    settled = said_on + timedelta(days=int(rules["items"][0]["value"]))
    known = await tell.get(PUBLIC, f"{EDITIONS}?limit=1")
    published = [date.fromisoformat(each["until_on"]) for each in known["items"]]
    newest = max(published, default="—")
    tell.say(
        f"\n评价满 {(settled - said_on).days} 日不能再改，方进入其后的一期；已公布到 {newest} / "
        f"Heard when it can be amended no more; published until {newest}"
    )
    return _month_end(max([settled, *(each + ONE_DAY for each in published)]))


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - ONE_DAY


async def _progress(tell: Teller, decided: Decided) -> dict[str, Any]:
    """What became of the vote, once procurement has told of the payment."""
    found: dict[str, Any] = await tell.when_told(  # the outcome comes back by procurement's feed
        lambda: tell.get(
            PUBLIC,
            f"feedback/v1/agendas/{decided.agenda['id']}/progress",
            "告诉投票的居民：钱花到了哪里",
            "Voters are told what became of their vote",
        ),
        lambda told: (told["items"][0]["outcome"] or {}).get("paid_fen", 0) > 0,
    )
    return found
