"""Counting by equal shares: a district's vote with 100,000 ballots over 200 projects, exactly."""

import random
import time

from benches import Row
from feedback.domain.counting import Election, Project, equal_shares

VOTERS, PROJECTS, CHOICES = 100_000, 200, 10
POT_FEN, STEP_FEN = 10_000_000_00, 100
BAR = "< 5 s"


def rows() -> list[Row]:
    """One figure for popularity as elections have it, one for the hardest case: none is popular."""
    skewed = [1 / (3 + place) for place in range(PROJECTS)]
    return [
        _counted("选择有冷热（如真实选举）/ some projects popular, as in elections", skewed, BAR),
        _counted("选择完全均匀（最难）/ all equally popular, the hardest", [1] * PROJECTS, BAR),
    ]


def _counted(name: str, popularity: list[float], bar: str) -> Row:
    chance = random.Random(20261128)
    prices = [chance.randint(5_000_00, 500_000_00) for _ in range(PROJECTS)]
    projects = [Project(str(at), price) for at, price in enumerate(prices)]
    keys = [project.key for project in projects]
    ballots = [
        set(chance.choices(keys, popularity, k=chance.randint(1, CHOICES))) for _ in range(VOTERS)
    ]
    started = time.perf_counter()
    result = equal_shares(Election.of(projects, ballots, POT_FEN), step_fen=STEP_FEN)
    took_s = time.perf_counter() - started
    what = f"{VOTERS:,} 票 × {PROJECTS} 项，{name}"
    return Row(what, f"{took_s:.2f} s（{result.steps + 1} 轮 runs, {len(result.chosen)} 项）", bar)
