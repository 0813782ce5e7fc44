"""One need through all four services, over HTTP alone, from the want to the rating."""

import os
import re
from pathlib import Path
from typing import Any

import httpx

from deploy.local.environment import Secrets
from deploy.local.story import answers, next_door, voices
from deploy.local.story.people import NEXT_DOOR, People
from deploy.local.story.summary import summary
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
    the_edition_moves_the_rating_and_the_next_match(story)
    its_ending_can_be_told(story)
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
    assert _order(served.matches) == [served.rival["id"], served.offering["id"]]
    assert {each["status"] for each in served.referrals.values()} == {"served"}

    assert [each["level"] for each in said.ratings] == [*answers.LEVELS, *answers.LEVELS_LATER]
    assert said.case["responsible_body_id"] == served.offering["provider_id"]
    assert said.case["confirmed_at"] < said.deadline["due_at"]

    assert not said.alone["is_rated"]
    assert said.alone["buyers"] == 1  # the contract led from referral to rating
    assert "rating.minimum_buyers" in said.alone["unrated_because"]
    assert story.paid["status"] == "paid"
    outcome = learnt.progress["items"][0]["outcome"]
    assert outcome["contract_id"] == story.bought.contract["id"]
    assert outcome["paid_fen"] == story.paid["value_fen"]


def the_edition_moves_the_rating_and_the_next_match(story: Story) -> None:
    served, learnt = story.served, story.learnt
    heard = len(story.said.ratings) + len(next_door.LEVELS)
    assert learnt.exact["ratings"] == heard
    assert learnt.edition["changed"] > 0
    assert learnt.rating["is_rated"]
    assert learnt.rating["as_of_on"] == learnt.edition["until_on"]
    assert learnt.rating["ratings"] == learnt.explained["ratings"] == heard
    assert learnt.explained["buyers"] == 2

    assert _order(learnt.before) == _order(served.matches)  # nothing moves between editions
    assert _order(learnt.after) == [served.offering["id"], served.rival["id"]]
    worth = {part["part"]: part for part in learnt.after[0]["parts"]}
    assert worth["rating"]["measured"] == learnt.rating["lower_bound"]
    assert worth["rating"]["rule"] == "score.rating"
    assert "new_provider" in {part["part"] for part in learnt.after[1]["parts"]}


def its_ending_can_be_told(story: Story) -> None:
    told = summary(story, 12.3)
    paid, rating = story.paid["value_fen"] / 100, story.learnt.rating
    assert f"paid {paid:.2f} CNY" in told
    assert f"{rating['expected']:.2f} ({rating['lower_bound']:.2f}–" in told
    before, after = (
        "，".join(f"{n}. {each['name']}" for n, each in enumerate(found, 1))
        for found in (story.learnt.before, story.learnt.after)
    )
    assert told.index(before) < told.index(after)


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


def _order(matches: list[Any]) -> list[str]:
    return [each["offering_id"] for each in matches]


def _read(directory: Path) -> dict[str, str]:
    """The files by name; how far a day or an instant lies from now may differ by one."""
    distance = re.compile(r"-?\d+ (?=[hdy]\}\})")
    return {
        file.name: distance.sub("N ", file.read_text()) for file in sorted(directory.glob("*.http"))
    }
