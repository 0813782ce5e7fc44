"""Matching in process at 200,000 offerings: a shelf filled, asked, and changed while it is asked.

The peer is a k-d tree of scipy for each category with the same rules asked of its nearest 64; both
rank by distance alone, so that they answer the same question.
"""

import os
import time
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import count
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
from scipy.spatial import cKDTree

from benches import Row
from common.contracts.matching_queries import MatchNeed
from matching.domain.demand import Need
from matching.domain.scoring import BELOW
from matching.shelf import compiled, kernel, plain
from matching.shelf.asking import Asked, asked
from matching.shelf.columns import Columns
from matching.shelf.entries import Entry, house
from matching.shelf.shelf import Shelf
from matching.shelf.terms import judge_where, judge_who
from tests.matching.market import Market
from tests.matching.scan import DAYS, POLICY, READER

OFFERINGS = int(os.environ.get("OFFERINGS", "200000"))
QUESTIONS, ROUNDS, CHECKED, LIMIT, NEAR = 2_000, 5, 10_000, 10, 64
CHANGES, PAGE, ASKED = 5_000, 500, 400  # questions after each page
CATEGORIES = tuple(f"root{number % 4}/leaf{number}" for number in range(12))
TERMS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"age_min": 60},
    {"age_min": 80},
    {"age_max": 17},
    {"groups_any": ["disabled", "carer"]},
    {"hardship": ["minimum_living", "low_income"]},
    {"disability": "any"},
)
ALIKE = replace(POLICY, rating=0.0, new_provider=0.0, wish=0.0)


class City(Market):
    """A market whose offerings happen in venues, under a few usual terms, some for one street."""

    def offering(self, offering_id: str | None = None) -> dict[str, Any]:
        """An offering in a venue."""
        state = super().offering(offering_id)
        venue = self.random.choice(self.venues)
        terms = dict(self.random.choice(TERMS))
        if self.random.random() < 0.2:
            terms["household_areas"] = [venue["area_code"][:9]]
        return state | {
            "venue": {"id": venue["id"], "name": venue["name"]},
            "area_code": venue["area_code"],
            "category_path": self.random.choice(CATEGORIES),
            "channels": ["on_site"],
            "eligibility": terms,
        }

    def venue(self, venue_id: str | None = None) -> dict[str, Any]:
        """A venue with a place, open to visitors."""
        state = super().venue(venue_id)
        lon, lat = self.point()
        return state | {"lon": lon, "lat": lat, "status": "active"}

    def point(self) -> tuple[float, float]:
        """A point of its own."""
        return self.random.gauss(121.47, 0.15), self.random.gauss(31.23, 0.12)

    def need(self) -> MatchNeed:
        """A need with everything known."""
        lon, lat = self.point()
        home = self.area()
        return MatchNeed.model_validate(
            {
                "category": self.random.choice(CATEGORIES).rpartition("/")[2],
                "lon": lon,
                "lat": lat,
                "person": {
                    "age": self.random.randrange(100),
                    "groups": self.random.sample(("elderly", "disabled", "carer", "child"), 2),
                    "hardship": self.random.choice(([], ["minimum_living"])),
                    "disability_grade": self.random.choice((0, 0, 2, 4)),
                    "registered_area": home,
                    "living_area": home,
                },
                "wished_at": [self.instant()] if self.random.random() < 0.5 else [],
            }
        )


def rows() -> list[Row]:
    """What filling, asking and changing cost."""
    city = City(1, venues=OFFERINGS // 10, providers=2_000)
    entries = [READER.entry(city.offering()) for _ in range(OFFERINGS)]
    started = time.perf_counter()
    shelf = filled(city, entries)
    filling = time.perf_counter() - started
    needs = [Need.asked(city.need(), DAYS) for _ in range(QUESTIONS)]
    found = [
        Row(f"shelf of {OFFERINGS:,} filled from read states", f"{filling:.1f} s", "<= 5 s"),
        Row("its columns and names", f"{megabytes(shelf):.0f} MB", "<= 100 MB"),
    ]
    ways: dict[str, Any] = {"plain numpy": (plain.best, "p99 <= 1 ms")}
    if compiled.IS_HERE:
        ways["compiled kernel"] = (kernel.best, "p99 <= 0.2 ms")
    for name, (best, bar) in ways.items():
        other = filled(city, entries, best)
        found.append(Row(f"top {LIMIT}, {name}, whole call", told(timed(other, needs)), bar))
    found += against_tree(shelf, needs)
    found.append(checked(shelf, city))
    found += changing(shelf, city, needs)
    return found


def filled(city: City, entries: list[Entry], best: Any = None) -> Shelf:
    """A shelf with everything on it."""
    shelf = Shelf(ALIKE, best)
    for venue in city.venues:
        shelf.settle(UUID(venue["id"]), house(venue))
    shelf.fill(entries[start : start + PAGE] for start in range(0, len(entries), PAGE))
    return shelf


def megabytes(shelf: Shelf) -> float:
    """Bytes of all columns and of the names they point to."""
    size = 0
    for run in shelf.runs:
        rows = run.columns.rows
        arrays = [getattr(rows, each.name) for each in fields(rows)]
        arrays += [
            *run.columns.squares,
            run.columns.rank,
            run.columns.by_id,
            run.columns.ids,
            run.columns.standing,
            run.columns.form,
            run.columns.kind,
            run.columns.asks,
            run.columns.near,
            run.gone,
        ]
        size += sum(array.nbytes for array in arrays)
    return size / 1e6


def timed(shelf: Shelf, needs: list[Need]) -> list[tuple[float, float]]:
    """p50 and p99 of a call in each round, microseconds."""
    return [percentiles(lambda need: shelf.best(need, LIMIT), needs) for _ in range(ROUNDS)]


def percentiles(ask: Callable[[Any], object], questions: list[Any]) -> tuple[float, float]:
    """p50 and p99 of a question, microseconds."""
    half, most = np.percentile(np.array(seconds(ask, questions)) * 1e6, [50, 99])
    return float(half), float(most)


def seconds(ask: Callable[[Any], object], questions: list[Any]) -> list[float]:
    """What each question takes this thread: others share the two cores."""
    for question in questions[:50]:
        ask(question)
    taken = []
    for question in questions:
        started = time.thread_time()
        ask(question)
        taken.append(time.thread_time() - started)
    return taken


def told(rounds: list[tuple[float, float]]) -> str:
    """Medians of the rounds, with the range of the p99."""
    half, most = (median(each) for each in zip(*rounds, strict=True))
    worst = [each for _, each in rounds]
    return f"p50 {half:.0f} µs, p99 {most:.0f} µs ({min(worst):.0f} to {max(worst):.0f})"


def against_tree(shelf: Shelf, needs: list[Need]) -> list[Row]:
    """The search beside a k-d tree with the same rules, both without making answers of rows."""
    (run,) = shelf.runs
    columns, terms = run.columns, shelf.lists.terms
    questions = [asked(need, shelf.lists) for need in needs]
    trees = {}
    for code, ranges in columns.ranges.items():
        ((start, end),) = ranges
        place = np.column_stack([columns.rows.x[start:end], columns.rows.y[start:end]])
        trees[code] = start, cKDTree(place)
    best = kernel.best if compiled.IS_HERE else plain.best

    def by_shelf(question: Asked) -> Any:
        return best(columns, run.gone, terms, question, LIMIT).ranks

    def by_tree(question: Asked) -> Any:
        return nearest(columns, terms.columns, trees[question.category], question)

    same = sum(is_same(by_shelf(each), by_tree(each)) for each in questions)
    pairs = [(percentiles(by_shelf, questions), percentiles(by_tree, questions)) for _ in "12345"]
    ratios = [tree[0] / shelf[0] for shelf, tree in pairs]
    return [
        Row("cKDTree + the same rules", told([tree for _, tree in pairs]), ""),
        Row(
            "search against cKDTree + rules, p50",
            f"{median(ratios):.1f} times as fast ({min(ratios):.1f} to {max(ratios):.1f}),"
            f" same answer {same}/{len(questions)}",
            ">= 5",
        ),
    ]


def is_same(mine: Any, other: Any) -> bool:
    """Whether two answers rank alike; the tree leaves out what waits for a fact."""
    certain = mine[mine < BELOW / 2]
    return len(certain) == len(other) and bool(np.allclose(certain, other))


def nearest(columns: Columns, terms: Any, tree: tuple[int, Any], question: Asked) -> Any:
    """The ranks of the nearest that fit, asking the tree for twice as many until there are ten."""
    start, index = tree
    who, where = (
        judge_who(terms[0], question.person),
        judge_where(terms[1], question.person),
    )
    values = columns.rows
    for doubled in count():
        wanted = min(NEAR << doubled, index.n)
        far, places = index.query((question.x, question.y), k=wanted)
        rows = places + start
        left = values.left[rows]
        fits = (who[values.who[rows]] > 0) & (where[values.where[rows]] > 0)
        fits &= question.hours[values.timetable[rows]] > 0
        fits &= (left < 0) | (left >= question.places)
        kept = far[fits][:LIMIT]
        if len(kept) == LIMIT or wanted == index.n:
            return kept * question.per_degree * question.minute
    raise AssertionError


def checked(shelf: Shelf, city: City) -> Row:
    """The kernel against a look at every row, on other questions."""
    (run,) = shelf.runs
    terms, same = shelf.lists.terms, 0
    best = kernel.best if compiled.IS_HERE else plain.best
    for _ in range(CHECKED):
        question = asked(Need.asked(city.need(), DAYS), shelf.lists)
        mine = best(run.columns, run.gone, terms, question, LIMIT)
        every = plain.eligible(run.columns, run.gone, terms, question)
        order = np.lexsort((run.columns.rank[every.rows], every.ranks))[:LIMIT]
        same += np.array_equal(mine.rows, every.rows[order])
    return Row("equal to brute force", f"{same:,} of {CHECKED:,} random questions", "all")


def changing(shelf: Shelf, city: City, needs: list[Need]) -> list[Row]:
    """Pages of changes put while questions are asked, then merged: the same questions as at rest.

    A round puts 5,000 changes; its p99 is that of all that is asked between their pages.
    """
    random = Random(2)
    ids = [str(offer.id) for offer, _ in zip(shelf.offers(), range(20_000), strict=False)]
    puts, merges, ratios, worst = [], [], [], 0.0
    for _ in range(ROUNDS):
        states = [city.offering(random.choice(ids)) for _ in range(CHANGES)]
        quiet = [spent(shelf, needs[:ASKED]) for _ in range(0, CHANGES, PAGE)]
        put, between = 0.0, []
        for start in range(0, CHANGES, PAGE):
            began = time.perf_counter()
            shelf.put(READER.entry(state) for state in states[start : start + PAGE])
            put += time.perf_counter() - began
            between.append(spent(shelf, needs[:ASKED]))
            if shelf.is_worn:
                merges.append(merged(shelf))
        merges.append(merged(shelf))
        puts.append(put)
        ratios.append(p99(*between) / p99(*quiet))
        worst = max(worst, *(p99(page) / p99(*quiet) for page in between))
    return [
        Row(f"{CHANGES:,} changes put, page by page", f"{median(puts):.2f} s", "<= 1 s"),
        Row("a merge of all, beside the questions", f"{max(merges):.2f} s", ""),
        Row(
            "p99 between changes against p99 at rest",
            f"{median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f});"
            f" between two pages {worst:.1f} at worst",
            "<= 2",
        ),
    ]


def spent(shelf: Shelf, needs: list[Need]) -> list[float]:
    """Seconds of each question."""
    return seconds(lambda need: shelf.best(need, LIMIT), needs)


def p99(*parts: list[float]) -> float:
    """That of all parts together, seconds."""
    return float(np.percentile([each for part in parts for each in part], 99))


def merged(shelf: Shelf) -> float:
    """Seconds that a merge takes."""
    began = time.perf_counter()
    shelf.merge()
    return time.perf_counter() - began
