"""One need through all four services, over HTTP alone, from the want to the rating."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from deploy.local.environment import Secrets
from deploy.local.story import answers, contract, needs, service, street, tender, voices
from deploy.local.story.people import People
from deploy.local.story.telling import Clock, Teller
from tests.e2e.house import house
from tests.harness import Databases

BEGINS = timedelta(days=60)  # before today: votes and tenders take their weeks


@contextmanager
def telling(http: httpx.AsyncClient, addresses: dict[str, str], clock: Clock) -> Iterator[Teller]:
    """A teller; with `STORY=directory` (`make demo`) it leaves its words and calls there."""
    if "STORY" not in os.environ:
        yield Teller(http, addresses, clock)
        return
    directory = Path(os.environ["STORY"])
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "story.txt").open("w") as out:
        yield Teller(http, addresses, clock, out, directory)


async def test_a_need_that_nobody_serves_ends_as_a_service_that_residents_decided_and_rate(
    databases: Databases, secrets: Secrets
) -> None:
    clock = Clock(BEGINS)
    async with (
        house(databases, secrets, clock) as addresses,
        httpx.AsyncClient(timeout=60) as http,
    ):
        with telling(http, addresses, clock) as tell:
            await the_story(tell, People(secrets.issuer))


async def the_story(tell: Teller, people: People) -> None:
    """Chapter by chapter, with what each must have brought about."""
    there = await street.settle(tell, people)

    unmet = await needs.go_unmet(tell, people)
    assert unmet.matches == []
    assert unmet.collective["status"] == "open"

    decided = await voices.decide(tell, people, there, unmet)
    assert decided.vote["ballots"] == len(voices.BALLOTS)
    assert sum(item["money_fen"] for item in decided.agenda["items"]) <= voices.POT_FEN
    assert decided.item["title"] == voices.FIRST

    won = await tender.compete(tell, people, there, decided)
    assert [each["rank"] for each in won.ranking] == [1, 2, 3]
    assert won.award["supplier_id"] == won.ranking[0]["bidder_id"]

    bought = await contract.contract(tell, people, won)
    released = bought.record["compiledRelease"]
    assert bought.contract["status"] == "active"
    assert released["awards"][0]["suppliers"][0]["id"]
    assert released["contracts"][0]["value"]["amount"] == won.award["value_fen"] / 100

    served = await service.serve(tell, people, there, unmet, bought)
    assert served.match["offering_id"] == served.offering["id"]
    assert {each["status"] for each in served.referrals.values()} == {"served"}

    said = await answers.answer(tell, people, served)
    assert [each["level"] for each in said.ratings] == list(answers.LEVELS)
    assert said.case["responsible_body_id"] == served.offering["provider_id"]
    assert said.case["confirmed_at"] < said.deadline["due_at"]

    learnt = await answers.learn(tell, people, decided, served)
    assert learnt.rating["is_rated"] is False
    assert learnt.explained["ratings"] >= len(answers.LEVELS)
    assert learnt.explained["buyers"] == 1  # the contract led from referral to rating
    assert learnt.explained["unrated_because"]
    assert learnt.match["offering_id"] == served.offering["id"]
    assert learnt.progress["items"][0]["outcome"]["contract_id"] == bought.contract["id"]
