"""docs/voting.md says what the code does: its example is counted, its lot is drawn again."""

import re
from pathlib import Path

import orjson
from pabulib.checker import Checker

from common.contracts.feedback import CountingRule
from feedback.domain import sortition, votes
from tests.feedback.pabulib import meta, read, sections

PAGE = (Path(__file__).parents[3] / "docs/voting.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_is_counted_as_the_page_says():
    file = block("pb")
    costs = {int(row["project_id"]): int(row["cost"]) for row in sections(file)["PROJECTS"]}
    ballots = [[int(at) for at in row["vote"].split(",")] for row in sections(file)["VOTES"]]
    counted = {
        rule: votes.count(rule, costs, ballots, pot_fen=int(meta(file)["budget"]), step_fen=1)
        for rule in (CountingRule.EQUAL_SHARES_ADD_ONE, CountingRule.GREEDY)
    }
    chosen = {
        rule: [each.numbers[c.project] for c in each.result.chosen]
        for rule, each in counted.items()
    }
    shares = counted[CountingRule.EQUAL_SHARES_ADD_ONE].result

    assert chosen == {CountingRule.EQUAL_SHARES_ADD_ONE: [1, 3], CountingRule.GREEDY: [1, 2]}
    assert read(file)[1] == {"1", "3"}
    assert (shares.steps, shares.share_fen, shares.passed[0].held_fen) == (19, 39, 38)
    assert "1 and 3, after 19 steps" in PAGE


def test_the_example_is_a_file_that_pabulib_accepts():
    result = Checker().process_files([block("pb")])

    assert result["metadata"]["invalid"] == 0, result


def test_the_lot_of_the_page_is_drawn_again():
    told = orjson.loads(block("json"))
    seed = bytes.fromhex(told["seed"])
    placed = sortition.draw(told["candidates"], told["seats"], seed, told["public_value"])

    assert sortition.commitment(seed) == told["commitment_sm3"]
    assert sortition.list_digest(told["candidates"]) == told["list_sm3"]
    for stratum, order in told["order"].items():
        assert [each.code for each in placed if each.stratum == stratum] == order
    first = sortition.rank(seed, told["public_value"], "young", "A04")
    assert first.hex() == told["first_rank"]
