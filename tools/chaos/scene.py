"""What stands before the load: divisions, rules, a street with offerings, a line, an open vote."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from deploy.local.story import needs, service, street, voices
from deploy.local.story.people import People, Place
from deploy.local.story.telling import Clock, Teller
from tools.chaos.city import City

DIVISIONS: Final = Path("services/registry/data/divisions_shanghai_2023.csv")
BEFORE: Final = timedelta(days=5)  # a vote is published four days before it opens
PLENTY: Final = 100_000
SCARCE: Final = 40
PLACE: Final = Place("310115004001", 121.53, 31.22)  # far from where the story is told


@dataclass(frozen=True, slots=True)
class Scene:
    """Who calls, and the records that the load works on."""

    people: People
    there: street.Street
    plenty: dict[str, Any]
    scarce: dict[str, Any]
    vote: dict[str, Any]


async def set_scene(city: City, client: httpx.AsyncClient) -> Scene:
    """Make it, through the public interfaces."""
    people = People(city.issuer, PLACE)
    tell = Teller(client, city.addresses, Clock(BEFORE))
    form = {"name": "2023", "valid_from": "2023-06-30", "source": "NBS 2023"}
    await tell.divisions(
        people.city, "registry/v1/area-editions", DIVISIONS.read_text("utf-8"), **form
    )
    there = await street.settle(tell, people)
    unmet = await needs.go_unmet(tell, people)
    vote = await voices.put_to_vote(tell, people, there, unmet)
    tell.clock.catch_up()
    plenty = await service.publish(tell, people, there, there.providers[0], PLENTY)
    scarce = await service.publish(tell, people, there, there.providers[1], SCARCE)
    await tell.when_told(  # both come by the feed
        partial(needs.matched, tell, people), lambda found: len(found) == len((plenty, scarce))
    )
    return Scene(people, there, plenty, scarce, vote)
