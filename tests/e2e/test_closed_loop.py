"""One need through all four services, over HTTP alone, from the want to the rating."""

import os
import re
from pathlib import Path

import httpx

from deploy.local.environment import Secrets
from deploy.local.story import answers, next_door, voices
from deploy.local.story.people import NEXT_DOOR, People
from deploy.local.story.telling import BEGINS, Clock, Teller
from deploy.local.story.walkthrough import Walkthrough
from deploy.local.story.whole import Story, tell_story
from tests.e2e.house import house
from tests.harness import Databases

KEPT = Path("docs/walkthrough")
WRITE = "WALKTHROUGH"  # `make walkthrough` sets it: what was told is kept


async def test_a_need_that_nobody_serves_ends_as_a_service_that_residents_decided_and_rate(
    databases: Databases, secrets: Secrets, tmp_path: Path
) -> None:
    async with (
        house(databases, secrets) as addresses,
        httpx.AsyncClient(timeout=60) as http,
    ):
        files = Walkthrough(tmp_path, tuple(addresses))
        people = People(secrets.issuer), People(secrets.issuer, NEXT_DOOR)
        story = await tell_story(Teller(http, addresses, Clock(BEGINS), files=files), *people)
        files.close()

    the_want_becomes_a_contract(story)
    the_service_is_given_and_judged(story)
    the_walkthrough_tells_it_as_it_is(tmp_path)


def the_want_becomes_a_contract(story: Story) -> None:
    assert story.unmet.matches == []
    assert story.unmet.collective["status"] == "open"

    assert story.decided.vote["ballots"] == len(voices.BALLOTS)
    assert sum(item["money_fen"] for item in story.decided.agenda["items"]) <= voices.POT_FEN
    assert story.decided.item["title"] == voices.FIRST

    won, released = story.won, story.bought.record["compiledRelease"]
    assert [each["rank"] for each in won.ranking] == [1, 2, 3]
    assert won.award["supplier_id"] == won.ranking[0]["bidder_id"]
    assert story.bought.contract["status"] == "active"
    assert released["awards"][0]["suppliers"][0]["id"]
    assert released["contracts"][0]["value"]["amount"] == won.award["value_fen"] / 100


def the_service_is_given_and_judged(story: Story) -> None:
    served, said, learnt = story.served, story.said, story.learnt
    assert served.match["offering_id"] == served.offering["id"]
    assert {each["status"] for each in served.referrals.values()} == {"served"}

    assert [each["level"] for each in said.ratings] == list(answers.LEVELS)
    assert said.case["responsible_body_id"] == served.offering["provider_id"]
    assert said.case["confirmed_at"] < said.deadline["due_at"]

    assert (said.alone["is_rated"], learnt.rating["is_rated"]) == (False, True)
    assert said.alone["buyers"] == 1  # the contract led from referral to rating
    assert "rating.minimum_buyers" in said.alone["unrated_because"]
    assert learnt.explained["buyers"] == 2
    assert learnt.explained["ratings"] >= len(answers.LEVELS) + len(next_door.LEVELS)
    assert learnt.explained["expected"] is not None
    assert learnt.match["offering_id"] == served.offering["id"]
    assert story.paid["status"] == "paid"
    outcome = learnt.progress["items"][0]["outcome"]
    assert outcome["contract_id"] == story.bought.contract["id"]
    assert outcome["paid_fen"] == story.paid["value_fen"]


def the_walkthrough_tells_it_as_it_is(told: Path) -> None:
    """The documents are what the story has just said; where they are not, write them anew."""
    if os.environ.get(WRITE):
        KEPT.mkdir(exist_ok=True)
        for file in KEPT.glob("*.http"):
            file.unlink()
        for file in told.glob("*.http"):
            (KEPT / file.name).write_text(file.read_text())
    kept, now = _read(KEPT), _read(told)
    assert kept == now, "docs/walkthrough tells another story: make walkthrough"


def _read(directory: Path) -> dict[str, str]:
    """The files by name; how far a day or an instant lies from now may differ by one."""
    distance = re.compile(r"-?\d+ (?=[hdy]\}\})")
    return {
        file.name: distance.sub("N ", file.read_text()) for file in sorted(directory.glob("*.http"))
    }
