"""The background load: residents are served and rate, neighbours vote, a street buys, staff enter.

Each loop is one caller; what it is told goes into the books.
"""

import asyncio
import csv
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from random import Random
from typing import Any, Final

import httpx

from common.clock import city_day
from common.codes import credit_check_character
from deploy.local.story.people import PUBLIC, People, Place
from deploy.local.story.street import CATEGORY
from deploy.local.story.telling import BEGINS, Clock, StoryBrokenError, Teller
from deploy.local.story.whole import tell_story
from tools.chaos.callers import Caller
from tools.chaos.inquest import report
from tools.chaos.scene import DIVISIONS, PLACE, Scene

STEP_FEN: Final = 1_000_000
STEPS: Final = 12  # a line pays for so many purchases; two more are tried, and refused
TOLD_S: Final = 60.0  # how long a rating waits until the feed has told of the service
PAUSE_S: Final = 0.25
HOME: Final = PLACE.home


class Load:
    """Everything that goes on; `stop` lets each caller finish what it is at.

    So many tell the story side by side; one that breaks is told at once, with all that may explain
    it.
    """

    def __init__(
        self,
        caller: Caller,
        scene: Scene,
        seed: int,
        tell: Callable[[str], None],
        *,
        tellers: int = 1,
    ) -> None:
        self._caller = caller
        self._scene = scene
        self._tell = tell
        self._tellers = tellers
        self._homes = _homes()
        self._random = Random(seed)  # noqa: S311 - the same load each time
        self._stopping = asyncio.Event()
        self.stories = 0
        self.broken_stories: list[str] = []
        self.lines: list[str] = []

    def stop(self) -> None:
        """No new rounds from now on."""
        self._stopping.set()

    async def run(self) -> None:
        """All loops until they are told to stop."""
        rounds = (
            *(self._resident(number) for number in range(3)),
            *(self._voters(number) for number in range(2)),
            *(self._buying(), self._entering(), self._reading()),
            *(self._stories() for _ in range(self._tellers)),
        )
        await asyncio.gather(*rounds)

    async def _resident(self, caller: int) -> None:
        """Needs are raised, referred, accepted, served and rated; some want a scarce place."""
        async for number in self._numbers():
            who = self._scene.people.resident(f"chaos-{caller}-{number}")
            offering = self._scene.scarce if number % 5 == 4 else self._scene.plenty
            need = await self._caller.post(who, "matching/v1/needs", _need())
            self._note("need", need)
            wish = {"need_id": need["id"], "offering_id": offering["id"]}
            path = "matching/v1/referrals"
            referral = await self._caller.post(who, path, wish, fine=("offering-full",))
            if referral is None:
                continue
            self._note("referral", referral)
            if offering is self._scene.plenty:
                await self._serve(who, referral)

    async def _serve(self, who: Any, referral: dict[str, Any]) -> None:
        provider = self._scene.people.provider(referral["provider_id"])
        path = f"matching/v1/referrals/{referral['id']}/answer"
        for status in ("accepted", "served"):
            said = {"status": status}
            referral = await self._caller.post(provider, path, said, of=referral)
        self._note("served", referral)
        wish = {"referral_id": referral["id"], "level": self._random.choice((5, 5, 5, 4, 2))}
        async with asyncio.timeout(TOLD_S):
            while True:
                # That somebody was served comes by its feed.
                fine = ("not-found", "nothing-to-rate")
                rating = await self._caller.post(who, "feedback/v1/ratings", wish, fine=fine)
                if rating is not None:
                    self._note("rating", rating)
                    return
                await asyncio.sleep(PAUSE_S)

    async def _voters(self, caller: int) -> None:
        """Everybody once."""
        path = f"feedback/v1/votes/{self._scene.vote['id']}/ballots"
        async for number in self._numbers():
            voter = self._scene.people.resident(f"voter-{caller}-{number}")
            choices = self._random.choice(([1], [2], [1, 2]))
            await self._caller.post(voter, path, {"choices": choices})
            self._caller.books.acknowledged["ballot"].append(f"{caller}-{number}")

    async def _buying(self) -> None:
        """Purchases draw on a line until it is used up, then on the next one."""
        async for number in self._numbers():
            line = await self._line(number)
            for _ in range(STEPS + 2):
                await self._draw(line)

    async def _line(self, number: int) -> str:
        made = await self._caller.post(
            self._scene.people.head,
            "procurement/v1/budget-lines",
            {
                "code": f"208{number:06}",
                "year": city_day(Clock().now).year,
                "title": "演示 混沌",
                "area_code": PLACE.street_area,
                "buyer_id": self._scene.there.office,
                "source": "government_purchase",
                "document": "演示〔2026〕9号",
                "planned_fen": STEPS * STEP_FEN,
            },
        )
        self._note("line", made)
        line: str = made["id"]
        self.lines.append(line)
        return line

    async def _draw(self, line: str) -> None:
        clerk = self._scene.people.clerk
        tender = await self._caller.post(
            clerk,
            "procurement/v1/tenders",
            {
                "title": "演示 混沌采购",
                "description": "演示",
                "method": "selection",
                "category": CATEGORY,
                "buyer_id": self._scene.there.office,
                "area_code": PLACE.street_area,
                "value_fen": STEP_FEN,
                "price_weight": 0.2,
            },
        )
        self._note("tender", tender)
        draws = {"draws": [{"line_id": line, "value_fen": STEP_FEN}]}
        path = f"procurement/v1/tenders/{tender['id']}/funding"
        held = await self._caller.post(clerk, path, draws, fine=("budget-exceeded",))
        if held is not None:
            self._caller.books.acknowledged["draw"].append(tender["id"])

    async def _entering(self) -> None:
        """Staff enter organisations."""
        async for number in self._numbers():
            body = f"52{PLACE.street}MX{number:04}"
            made = await self._caller.post(
                self._scene.people.clerk,
                "registry/v1/organisations",
                {
                    "name": f"演示 混沌 {number}",
                    "kind": "private_non_enterprise",
                    "credit_code": body + credit_check_character(body),
                    "area_code": PLACE.street_area,
                },
            )
            self._note("organisation", made)

    async def _reading(self) -> None:
        """What the public and the clerks look at."""
        offering, vote = self._scene.plenty["id"], self._scene.vote["id"]
        async for _ in self._numbers():
            for address in (
                f"registry/v1/offerings/{offering}",
                f"registry/v1/offerings?category={CATEGORY}",
                f"feedback/v1/votes/{vote}",
                "procurement/feeds/contract",
            ):
                await self._caller.get(PUBLIC, address)

    async def _stories(self) -> None:
        """The story from end to end, in one street after the other."""
        homes, issuer = self._homes, self._scene.people.issuer
        async for _ in self._numbers():
            place, beside = next(homes), next(homes)
            street = People(issuer, place), People(issuer, beside)
            tell = Teller(self._caller.client, self._caller.addresses, Clock(BEGINS))
            try:
                await tell_story(tell, *street)
                self.stories += 1
            except (StoryBrokenError, httpx.TransportError) as broken:
                self.broken_stories.append(place.home)
                for line in await report(tell, broken, street):
                    self._tell(line)

    async def _numbers(self) -> AsyncIterator[int]:
        """A round after the other, with a pause: the load goes on beside, it is not the trial."""
        for number in count():
            if self._stopping.is_set():
                return
            yield number
            await asyncio.sleep(PAUSE_S)

    def _note(self, kind: str, record: dict[str, Any]) -> None:
        self._caller.books.acknowledged[kind].append(record["id"])


def _need() -> dict[str, Any]:
    return {
        "category": CATEGORY,
        "area_code": HOME,
        "lon": PLACE.lon,
        "lat": PLACE.lat,
        "raised_by": "self",
        "profile": {"age_band": "80+", "groups": ["elderly"]},
    }


def _homes() -> Iterator[Place]:
    """A neighbourhood in each street, but the one of the load."""
    seen = {HOME[:9]}
    with DIVISIONS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            code = row["code"]
            if not code.endswith("000") and code[:9] not in seen:
                seen.add(code[:9])
                yield Place(code)
