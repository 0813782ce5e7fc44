"""What is asked when a story has broken, at once and by the public interfaces: why did it?

The report tells the last calls of the story, then what each service knows of the street's
offerings and of those who give them: enough to say which of them had not learnt what.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Final

import httpx
import orjson

from deploy.local.environment import SERVICES
from deploy.local.story.needs import matched
from deploy.local.story.people import PUBLIC, People, Person
from deploy.local.story.street import CATEGORY
from deploy.local.story.telling import StoryBrokenError, Teller

LONGEST: Final = 6000  # characters of an answer: the referrals of a street
Streets = tuple[People, People]


async def report(tell: Teller, broken: Exception, streets: Streets) -> list[str]:
    """Lines on a story that broke, by its own clock."""
    steps = [f"  {step}" for step in tell.trail.steps]
    asked = [f"  ? {address}: {answer}" async for address, answer in _answers(tell, streets)]
    return [f"{streets[0].place.home}: {broken!r}", *steps, *asked]


async def _answers(tell: Teller, streets: Streets) -> AsyncIterator[tuple[str, str]]:
    """Questions and their answers; who does not answer is told, too."""
    providers: dict[str, None] = {}
    try:
        found = await matched(tell, streets[0])
        providers = dict.fromkeys(each["provider_id"] for each in found)
        yield "the next match", _text(found)
    except (StoryBrokenError, httpx.TransportError) as fault:
        yield "the next match", repr(fault)
    for who, address in _questions(streets, providers):
        try:
            yield address, _text(await tell.get(who, address))
        except (StoryBrokenError, httpx.TransportError) as fault:
            yield address, repr(fault)


def _questions(streets: Streets, providers: Iterable[str]) -> Iterator[tuple[Person, str]]:
    district = streets[0].district
    for service in SERVICES:
        yield PUBLIC, f"{service}/readyz"
    yield PUBLIC, "procurement/v1/rating-editions?limit=3"
    for each in providers:
        path = f"procurement/v1/providers/{each}/ratings"
        yield PUBLIC, f"{path}?category={CATEGORY}"
        yield PUBLIC, f"{path}/explained?category={CATEGORY}"
        yield district, f"{path}/exact?category={CATEGORY}"
        yield district, f"{path}/recomputed?category={CATEGORY}"
        yield streets[0].provider(each), "matching/v1/referrals?limit=50"


def _text(found: Any) -> str:
    return orjson.dumps(found).decode()[:LONGEST]
