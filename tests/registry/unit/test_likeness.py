"""Record matching, measured on the planted set: half of it chose the weights, half is held out."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.likeness.blocking import candidates, keys, probes
from registry.domain.likeness.names import Gazetteer, taken_apart
from registry.domain.likeness.records import Likened, dialled, door_of, likened
from registry.domain.likeness.scoring import SHOWN_FROM, WEIGHTS, Likeness, likeness
from tests.registry.records.plant import HERE, files

Pair = tuple[str, str]


@dataclass(frozen=True)
class Measured:
    """The planted records, which pairs are one thing, and what matching finds among all of them."""

    records: dict[str, Likened]
    part: dict[str, str]
    truth: set[Pair]
    found: dict[Pair, Likeness]

    def of(self, part: str, pairs: set[Pair]) -> set[Pair]:
        return {p for p in pairs if self.part[p[0]] == part and self.part[p[1]] == part}


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    file = resources.files("registry").joinpath("data", "divisions_shanghai_2023.csv")
    rows = csv.DictReader(file.read_text("utf-8").splitlines())
    return Gazetteer.of(frozenset(row["name"] for row in rows if row["code"].endswith("000")))


@pytest.fixture(scope="module")
def planted() -> list[dict[str, str]]:
    return list(csv.DictReader((HERE / "records.csv").read_text("utf-8").splitlines()))


@pytest.fixture(scope="module")
def measured(planted: list[dict[str, str]], gazetteer: Gazetteer) -> Measured:
    records, entities = {}, defaultdict(list)
    for row in planted:
        point = {name: float(row[name]) if row[name] else None for name in ("lon", "lat")}
        records[row["id"]] = likened({**row, **point}, gazetteer)
        entities[row["entity"]].append(row["id"])
    kinds = defaultdict(dict)
    for row in planted:
        kinds[row["kind"]][row["id"]] = records[row["id"]]
    phones = Counter(record.phone for record in records.values())
    found = {}
    for a, b in (pair for held in kinds.values() for pair in candidates(held)):
        told = likeness(records[a], records[b], phone_shared_by=phones[records[a].phone])
        if told.score >= SHOWN_FROM:
            found[a, b] = told
    truth = {pair for ids in entities.values() for pair in combinations(sorted(ids), 2)}
    return Measured(records, {row["id"]: row["part"] for row in planted}, truth, found)


def test_the_committed_set_is_what_the_generator_plants() -> None:
    for name, text in files().items():
        assert (HERE / name).read_text(encoding="utf-8") == text, name


def test_the_set_has_more_than_two_thousand_pairs_and_hard_ones_of_every_kind() -> None:
    pairs = list(csv.DictReader((HERE / "pairs.csv").read_text("utf-8").splitlines()))
    same = Counter(how for p in pairs if p["is_same"] == "1" for how in p["how"].split("+"))
    other = Counter(p["how"] for p in pairs if p["is_same"] == "0")

    assert len(pairs) >= 2_000
    assert min(same[how] for how in ("typo", "traditional", "prefix", "synonym", "dress")) > 100
    assert min(same[how] for how in ("pin_moved", "pin_system", "no_pin")) > 50
    kinds = ("shared_phone", "branch", "namesake", "house_mate", "ordinal", "alike", "other_brand")
    assert min(other[how] for how in kinds) > 50


@pytest.mark.parametrize("part", ["tune", "held"])
def test_precision_is_at_least_95_percent_at_a_recall_of_at_least_90(
    measured: Measured, part: str
) -> None:
    """Among all records at once: whatever is found and was not planted as one thing is wrong."""
    found = measured.of(part, set(measured.found))
    truth = measured.of(part, measured.truth)
    right = len(found & truth)

    assert right / len(found) >= 0.95
    assert right / len(truth) >= 0.90


def test_blocking_compares_a_small_part_and_misses_next_to_nothing(measured: Measured) -> None:
    venues = {k: v for k, v in measured.records.items() if v.point is not None}
    compared = set(candidates(venues))
    truth = {pair for pair in measured.truth if set(pair) <= venues.keys()}

    assert len(truth & compared) / len(truth) > 0.99
    assert len(compared) < len(venues) ** 2 / 2 * 0.02


def test_every_found_pair_says_why_in_chinese_and_english(measured: Measured) -> None:
    for told in measured.found.values():
        assert told.reasons
        assert all("{" not in reason.text.zh + reason.text.en for reason in told.reasons)
        weights = [abs(reason.weight) for reason in told.reasons]
        assert weights == sorted(weights, reverse=True)


def test_what_agrees_never_speaks_against_a_pair() -> None:
    agreeing = [code for code in WEIGHTS if code.endswith((".same", ".sounds", ".here"))]

    assert all(WEIGHTS[code] > 0 for code in agreeing)


@pytest.mark.parametrize(
    ("name", "core", "sort", "branch", "numerals"),
    [
        ("上海市黄浦区云中社区食堂（演示数据）", "云中", "meal", "", ()),
        ("雲中長者食堂", "云中", "meal", "", ()),
        ("云中第二社区食堂", "云中第二", "meal", "", (2,)),
        ("云中社区食堂（外滩分站）", "云中", "meal", "外滩", ()),
        ("云中老年人日间照料中新", "云中", "day_care", "", ()),
        ("南京东路街道睦邻中心", "南京东路", "good_neighbour", "", ()),
        ("曹杨一村邻里汇", "曹杨一村", "hub", "", (1,)),
    ],
)
def test_names_are_taken_apart(
    gazetteer: Gazetteer, name: str, core: str, sort: str, branch: str, numerals: tuple[int, ...]
) -> None:
    told = taken_apart(name, gazetteer)

    assert (told.sort, told.branch, told.numerals) == (sort, branch, numerals)
    assert core.startswith(told.core)


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("021-62345678", "62345678"), ("62345678", "62345678"), ("+86 13800138000", "13800138000")],
)
def test_a_phone_is_known_in_any_spelling(typed: str, digits: str) -> None:
    assert dialled(typed) == digits


@pytest.mark.parametrize(
    ("address", "door"),
    [
        ("和平路12号2楼", "和平路12"),
        ("地铁站旁", None),
        ("长弄3弄5号", "长弄3"),
    ],
)
def test_a_door_is_road_and_number(address: str, door: str | None) -> None:
    assert door_of(address) == door


def variants(gazetteer: Gazetteer) -> Iterator[Likened]:
    for name in ("云中社区食堂", "雲中食堂", "云钟长者食堂", "云中第二社区食堂", "贵州邻里汇"):
        for lon, phone in ((121.48, "62345678"), (121.4805, None), (None, "55500001")):
            yield likened(
                {
                    "id": f"{name}{lon}",
                    "sort": "meal_site",
                    "name": name,
                    "credit_code": None,
                    "phone": phone,
                    "address": "和平路12号",
                    "lon": lon,
                    "lat": None if lon is None else 31.23,
                    "area_code": "310101002001",
                },
                gazetteer,
            )


@given(data=st.data())
def test_likeness_is_the_same_from_both_sides(gazetteer: Gazetteer, data: st.DataObject) -> None:
    every = list(variants(gazetteer))
    a, b = data.draw(st.sampled_from(every)), data.draw(st.sampled_from(every))

    one, other = likeness(a, b), likeness(b, a)

    assert one.score == other.score
    assert [r.code for r in one.reasons] == [r.code for r in other.reasons]
    assert keys(a) <= probes(a)
