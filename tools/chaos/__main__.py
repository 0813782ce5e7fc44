"""`make chaos kills=100`: the story and a load run while every process is killed at random.

Prints a tally; the exit status is 0 when nothing was lost, doubled or answered oddly.
"""

import argparse
import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Final

import httpx

from tools.chaos.callers import Books, Caller
from tools.chaos.city import City, city
from tools.chaos.killing import Kills, kill
from tools.chaos.load import Load
from tools.chaos.reckoning import Check, reckon
from tools.chaos.scene import set_scene

Tell = Callable[[str], None]

BACK_BAR_S: Final = 5.0
CALL_S: Final = 90.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to."""

    kills: Kills
    load: Load
    books: Books
    checks: list[Check]
    faults: Counter[str]

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost, doubled or odd, and everybody came back."""
        told = not self.books.odd and not self.load.broken_stories
        return told and not self.kills.lost and all(check.holds for check in self.checks)


async def chaos(
    standing: City,
    kills: int,
    seed: int,
    tell: Tell,
    *,
    keepers: bool = False,
    tellers: int = 1,
) -> Outcome:
    """One run on a platform that stands."""
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(timeout=CALL_S, trust_env=False, limits=limits) as client:
        tell(f"{standing.plan.public}: {', '.join(standing.probes)}")
        books = Books()
        scene = await set_scene(standing, client)
        caller = Caller(client, standing.addresses, books)
        load = Load(caller, scene, seed, tell, tellers=tellers)
        async with asyncio.TaskGroup() as tasks:  # what breaks in the one ends the other
            tasks.create_task(load.run())
            numbers = Random(seed)  # noqa: S311 - repeatable
            done = await kill(standing, kills, numbers, tell, keepers=keepers)
            load.stop()
        tell("对账 / reckoning …")
        checks = await reckon(standing, scene, books)
        return Outcome(done, load, books, checks, standing.faults())


def tally(outcome: Outcome) -> str:
    """What happened, as lines."""
    books, kills = outcome.books, outcome.kills
    told = ", ".join(f"{len(ids)} {kind}" for kind, ids in books.acknowledged.items())
    answers = ", ".join(f"{number} × {status}" for status, number in sorted(books.answers.items()))
    lines = [
        "",
        f"kills        {kills.times.total()}: "
        + ", ".join(f"{name} {number}" for name, number in sorted(kills.times.items())),
        f"acknowledged {told}",
        f"answers      {answers}; asked again {books.repeated}, replayed {books.replayed}",
        f"refusals     {dict(books.refusals)}",
        f"stories      {outcome.load.stories} told to the end,"
        f" {len(outcome.load.broken_stories)} broken {outcome.load.broken_stories}",
        f"odd answers  {len(books.odd)} {books.odd[:5]}",
        f"not back     {len(kills.lost)} {kills.lost[:5]}",
        f"tracebacks   {dict(outcome.faults.most_common(8))}",
        "",
        *_back(kills),
        "",
        *(
            f"{'ok ' if check.holds else 'BAD'} {check.law}: {check.figures}"
            for check in outcome.checks
        ),
        "",
        "一致 / everything reconciles" if outcome.is_well else "不一致 / SOMETHING DOES NOT",
    ]
    return "\n".join(lines)


def _back(kills: Kills) -> list[str]:
    return [
        f"back         {name}: median {median(taken):.1f} s, worst {max(taken):.1f} s,"
        f" beyond {BACK_BAR_S:.0f} s {sum(each > BACK_BAR_S for each in taken)} of {len(taken)}"
        for name, taken in sorted(kills.back_s.items())
    ]


def main() -> int:
    """Run as often as asked and print the tally."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keepers", action="store_true", help="kill those, too, who keep others")
    parser.add_argument("--stories", type=int, default=1, help="told side by side")
    wanted = parser.parse_args()

    def tell(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended, too
    with city() as standing:
        given = {"keepers": wanted.keepers, "tellers": wanted.stories}
        outcome = asyncio.run(chaos(standing, wanted.kills, wanted.seed, tell, **given))
    tell(tally(outcome))
    return 0 if outcome.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
