"""An attacker with linear programming learns no figure on the few from both splittings together."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.flows import SINK, SOURCE, WIDTH, Edge, Hidden, Net, hidden

City = list[Edge]


def city(seed: int) -> City:
    """Providers that serve towns of some districts: figures of all, the smallest parts beside."""
    random = np.random.default_rng(seed)
    towns = [f"{district}{town}" for district in "ABC" for town in range(random.integers(1, 4))]
    providers = [f"p{number}" for number in range(random.integers(2, 9))]
    parts: dict[tuple[str, str], int] = {}
    for provider in providers:
        near = random.choice(len(towns), random.integers(1, min(3, len(towns)) + 1), replace=False)
        for at in near:
            people = int(random.choice([0, 1, 4, 9, 30, 80]))
            if people:
                parts[provider, towns[at]] = people
    sums: dict[tuple[Any, Any], int] = {}
    for (provider, town), people in parts.items():
        for edge in ((SOURCE, provider), (town, town[0]), (town[0], SINK)):
            sums[edge] = sums.get(edge, 0) + people
    edges = [Edge(*ends, people) for ends, people in sums.items()]
    return edges + [Edge(*ends, people, may_be_told=False) for ends, people in parts.items()]


def can_be(edges: City, withheld: set[int], at: int) -> tuple[float, float]:
    """The least and greatest value of a figure, by all that is told and who serves where."""
    nodes = {node for edge in edges for node in edge[:2]} - {SOURCE, SINK}
    rows = {node: row for row, node in enumerate(sorted(nodes))}
    flows = np.zeros((len(rows) + 1, len(edges)))
    for column, edge in enumerate(edges):
        if edge.head in rows:
            flows[rows[edge.head], column] += 1
        if edge.tail in rows:
            flows[rows[edge.tail], column] -= 1
        flows[-1, column] = edge.tail == SOURCE
    total = sum(edge.people for edge in edges if edge.tail == SOURCE)
    told = [edge.may_be_told and n not in withheld for n, edge in enumerate(edges)]
    bounds = [
        (edge.people, edge.people) if known else (0, None)
        for edge, known in zip(edges, told, strict=True)
    ]
    target = np.zeros(len(edges))
    target[at] = 1
    right = np.r_[np.zeros(len(rows)), total]
    found = [linprog(s * target, A_eq=flows, b_eq=right, bounds=bounds).fun for s in (1, -1)]
    return found[0], -found[1]


@pytest.mark.parametrize("seed", range(30))
def test_no_figure_on_the_few_can_be_worked_out(seed: int) -> None:
    edges = city(seed)
    found = hidden(edges)
    if found is None or found.exposed:
        return  # too small a city: nothing is told of it
    withheld = found.figures
    few = {n for n, e in enumerate(edges) if e.may_be_told and e.people < SMALLEST_FIGURE}

    assert few <= withheld
    for at in few:
        least, greatest = can_be(edges, withheld, at)
        assert greatest - least > WIDTH - 0.5, (edges, withheld, at)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_hidden_of_all_providers_is_about_ten_people(seed: int) -> None:
    edges = city(seed)
    found = hidden(edges)
    if found is None:
        return
    withheld = found.figures
    under = [edges[n].people for n in withheld if edges[n].tail == SOURCE]

    assert not under or sum(under) >= SMALLEST_FIGURE


def test_rings_spare_searches_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cities = [city(seed) for seed in range(30)]
    searched: list[int] = []
    search = Net._way_round

    def counted(net: Net, covered: set[int], at: int) -> Any:
        searched.append(at)
        return search(net, covered, at)

    monkeypatch.setattr(Net, "_way_round", counted)
    found = [hidden(edges) for edges in cities]
    beside_rings = len(searched)
    monkeypatch.setattr(Net, "_on_rings", lambda *_: set())

    assert [hidden(edges) for edges in cities] == found
    assert beside_rings < len(searched) - beside_rings


def test_most_cities_are_told_something() -> None:
    told = [hidden(city(seed)) for seed in range(30)]

    assert sum(each is not None and not each.exposed for each in told) > 15


def test_where_nobody_is_few_everything_is_told() -> None:
    edges = [
        Edge(SOURCE, "p", 20),
        Edge(SOURCE, "q", 30),
        Edge("A1", "A", 50),
        Edge("A", SINK, 50),
        Edge("p", "A1", 20, may_be_told=False),
        Edge("q", "A1", 30, may_be_told=False),
    ]

    assert hidden(edges) == Hidden(set(), set())
    assert hidden(edges, also={0}) == Hidden({0, 1}, set())


def test_a_provider_alone_in_its_town_is_guarded_in_both_splittings() -> None:
    edges = [
        Edge(SOURCE, "p", 3),
        Edge(SOURCE, "q", 40),
        Edge(SOURCE, "r", 50),
        Edge("A1", "A", 3),
        Edge("A2", "A", 40),
        Edge("A3", "A", 50),
        Edge("A", SINK, 93),
        Edge("p", "A1", 3, may_be_told=False),
        Edge("q", "A2", 40, may_be_told=False),
        Edge("r", "A3", 50, may_be_told=False),
    ]

    assert hidden(edges) == Hidden({0, 1, 3, 4}, set())
