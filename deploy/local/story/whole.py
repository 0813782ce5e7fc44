"""The story from its first chapter to its last, and the streets where it can play."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from deploy.local.story import (
    answers,
    contract,
    edition,
    needs,
    next_door,
    payment,
    service,
    street,
    tender,
    voices,
)
from deploy.local.story.people import PUBLIC, People, Place
from deploy.local.story.telling import StoryBrokenError, Teller


@dataclass(frozen=True, slots=True)
class Story:
    """What each chapter brought about."""

    unmet: needs.Unmet
    decided: voices.Decided
    won: tender.Won
    bought: contract.Bought
    served: service.Served
    said: answers.Said
    paid: dict[str, Any]
    learnt: edition.Learnt


async def tell_story(tell: Teller, people: People, neighbours: People) -> Story:
    """Chapter by chapter. Raises `StoryBrokenError` at the first step that is refused.

    `neighbours` live in another street, whose office has nothing to do with the first.
    """
    there = await street.settle(tell, people)
    unmet = await needs.go_unmet(tell, people)
    decided = await voices.decide(tell, people, there, unmet)
    won = await tender.compete(tell, people, there, decided)
    bought = await contract.contract(tell, people, won)
    served = await service.serve(tell, people, there, unmet, bought)
    said = await answers.answer(tell, people, served)
    beside = await next_door.serve(tell, neighbours, bought.contract["provider_id"])
    return Story(
        *(unmet, decided, won, bought, served, said),
        await payment.pay(tell, people, won, bought),
        await edition.learn(tell, people, decided, served, heard=len(said.ratings) + len(beside)),
    )


async def places(tell: Teller) -> AsyncIterator[Place]:
    """A neighbourhood in each street of the city where the story has not played yet."""
    for town in await street.areas(tell, level="3", limit="200"):
        query = f"credit_code={street.office_code(town['code'][:9])}"
        known = await tell.get(PUBLIC, f"registry/v1/organisations?{query}")
        homes = await street.areas(tell, level="4", area=town["code"][:9], limit="1")
        if homes and not known["items"] and homes[0]["lon"] is not None:
            [home] = homes
            yield Place(home["code"], home["lon"], home["lat"])


async def knows_the_city(tell: Teller) -> bool:
    """Whether the matching has followed the registry's offerings to their end."""
    registry = await tell.get(PUBLIC, "registry/readyz")
    feeds = {feed["kind"]: feed for feed in registry["feeds"]}
    if (offerings := feeds.get("offering")) is None:
        return False  # the city is being loaded
    index = (await tell.get(PUBLIC, "matching/readyz"))["index"]
    reached: int = index["positions"].get("offering", 0)
    last: int = offerings["last_number"]
    return not offerings["waiting"] and reached == last


async def bare_place(tell: Teller, people: People) -> tuple[People, People]:
    """The same people in a street where nobody delivers meals, and in another one beside it.

    Raises `StoryBrokenError`.
    """
    await tell.when_told(lambda: knows_the_city(tell))
    before: People | None = None
    async for place in places(tell):
        moved = People(people.issuer, place)
        if before is not None and not await needs.matched(tell, moved):
            return moved, before
        before = moved
    raise StoryBrokenError(
        "每条街道都有人送餐，故事无从开始；换一座小城：make clean run / "
        "meals are delivered in every street; begin with a small city: make clean run"
    )
