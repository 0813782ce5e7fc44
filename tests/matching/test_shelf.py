"""The shelf against a scan by hand: the same offerings, the same ranks to the bit, in order."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from common.clock import CITY_ZONE
from common.contracts.registry.offerings import Residence
from common.contracts.registry.venues import Accessibility
from common.contracts.vocabulary import Channel
from common.geo import planar
from common.opening import Axes, moment
from matching.domain.demand import Need
from matching.domain.eligibility import judge
from matching.domain.supply import Offer, Terms, Timetable
from matching.shelf.columns import Rows
from matching.shelf.entries import house
from matching.shelf.places import Period
from matching.shelf.runs import Run
from matching.shelf.shelf import Shelf
from tests.matching.market import Market
from tests.matching.scan import DAYS, POLICY, READER, rates, scanned, shelf_of

DAY = date(2026, 9, 28)
TODAY = Period(DAY, DAY, "")


def found(shelf: Shelf, need: Need, limit: int = 10) -> list[tuple[float, UUID]]:
    return [(spot.rank, spot.id) for spot in shelf.best(need, limit)]


@pytest.mark.parametrize("seed", range(6))
def test_the_best_are_those_of_a_scan_by_hand(seed: int) -> None:
    market = Market(seed, venues=60)
    shelf = shelf_of(market, 700)
    rates(market, shelf)
    offers = list(shelf.offers())
    answered = 0
    for _ in range(60):
        need = Need.asked(market.need(), DAYS)
        assert found(shelf, need) == scanned(offers, need, 10)
        answered += bool(found(shelf, need))
    assert answered > 20


@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes_it_is_as_if_filled_anew(seed: int) -> None:
    market = Market(100 + seed, venues=40)
    states = {UUID(each["id"]): each for each in (market.offering() for _ in range(300))}
    shelf = filled(market, states)
    for _ in range(8):
        change(market, shelf, states)
        anew = filled(market, states)
        assert by_id(shelf) == by_id(anew)
        needs = [Need.asked(market.need(), DAYS) for _ in range(8)]
        expected = [found(anew, need) for need in needs]
        assert [found(shelf, need) for need in needs] == expected
        if market.random.random() < 0.5:
            shelf.merge()
            assert [found(shelf, need) for need in needs] == expected


def filled(market: Market, states: dict[UUID, dict[str, Any]]) -> Shelf:
    """A shelf with the venues and offerings as they are now."""
    shelf = Shelf(POLICY)
    for venue in market.venues:
        shelf.settle(UUID(venue["id"]), house(venue))
    shelf.put(READER.entry(state) for state in states.values())
    return shelf


def by_id(shelf: Shelf) -> dict[UUID, Offer]:
    return {offer.id: offer for offer in shelf.offers()}


def change(market: Market, shelf: Shelf, states: dict[UUID, dict[str, Any]]) -> None:
    """A few offerings come, change and go; a venue moves."""
    random = market.random
    changed = [market.offering() for _ in range(5)]
    changed += [market.offering(str(each)) for each in random.sample(sorted(states), 5)]
    shelf.put(READER.entry(state) for state in changed)
    states |= {UUID(state["id"]): state for state in changed}
    lost = random.sample(sorted(states), 5)
    shelf.drop([*lost, UUID(int=0)])
    for each in lost:
        del states[each]
    number = random.randrange(len(market.venues))
    market.venues[number] = market.venue(market.venues[number]["id"])
    shelf.settle(UUID(market.venues[number]["id"]), house(market.venues[number]))


def test_a_state_of_the_feed_becomes_the_offering_that_it_tells() -> None:
    market = Market(9, venues=1)
    venue = market.venues[0] | {"status": "suspended", "accessibility": ["lift"], "lon": 121.5}
    state = market.offering() | {
        "venue": {"id": venue["id"], "name": venue["name"]},
        "category_path": "eldercare/meal",
        "channels": ["on_site"],
        "eligibility": {"age_min": 60, "household_areas": ["310101"], "residence": "living"},
        "price_kind": "free",
        "price_fen": None,
        "capacity": 4,
        "schedule": {
            "weekly": [{"weekdays": [1], "opens": "09:00", "closes": "10:00"}],
            "makeup_as_weekday": None,
        },
        "funding_source": "special_fund",
        "area_code": "310104003001",
    }
    shelf = Shelf(POLICY)
    shelf.put([READER.entry(state)])
    shelf.settle(UUID(venue["id"]), house(venue | {"lat": 31.2, "opening_hours": None}))
    (offer,) = shelf.offers()
    assert offer == Offer(
        id=UUID(state["id"]),
        category_path="eldercare/meal",
        terms=Terms(
            age_min=60,
            areas=("310101",),
            residence=Residence.LIVING,
            funding_area="310104",
        ),
        timetable=Timetable(Axes([(540, 600)], [], []), None, is_only_there=True),
        channels=frozenset({Channel.ON_SITE}),
        features=frozenset({Accessibility.LIFT}),
        venue_stands=False,
        price_fen=0,
        left=4,
        place=planar(121.5, 31.2),
        provider_id=state["provider_id"] and UUID(state["provider_id"]),
        venue_id=UUID(venue["id"]),
    )


def test_what_changes_while_a_merge_runs_is_kept() -> None:
    market = Market(7, venues=30)
    shelf = shelf_of(market, 200)
    shelf.lists.places.today = DAY
    ids = [offer.id for offer in shelf.offers()]
    counted = next(offer for offer in shelf.offers() if offer.left == 20)
    shelf.put([READER.entry(market.offering())])
    merged = shelf.merged(shelf.frozen())
    new = READER.entry(market.offering())
    shelf.put([new, READER.entry(market.offering(str(ids[0])))])
    shelf.drop([ids[1]])
    shelf.take(counted.id.bytes, {TODAY: 1})
    shelf.lists.ratings[UUID(market.providers[0]), "eldercare"] = 0.9
    shelf.weigh()
    expected = {offer.id: offer for offer in shelf.offers()}
    shelf.swap(merged)
    assert {offer.id: offer for offer in shelf.offers()} == expected
    assert ids[1] not in expected
    assert new.id in expected
    assert left_of(shelf, counted.id) == 19


def test_a_rating_that_comes_in_the_middle_of_a_merge_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    market = Market(8, venues=30)
    shelf = shelf_of(market, 200)
    shelf.put([READER.entry(market.offering())])
    rated = next(offer for offer in shelf.offers() if offer.provider_id and offer.rating is None)
    assert rated.provider_id is not None
    key = rated.provider_id, rated.category_path.split("/")[-1]
    arranged = shelf._arranged

    def late(rows: Rows) -> Run:
        shelf.rate({uuid4(): (*key, 0.9)})  # the rows of the merge were joined before
        return arranged(rows)

    monkeypatch.setattr(shelf, "_arranged", late)
    shelf.merge()

    spot = shelf.find(rated.id)
    assert spot is not None
    assert shelf.offer(spot).rating == 0.9


@pytest.mark.parametrize("seed", range(3))
def test_ratings_one_by_one_are_as_if_all_were_weighed_anew(seed: int) -> None:
    market = Market(40 + seed, venues=30)
    shelf = shelf_of(market, 300)
    rates(market, shelf)
    counted = next(offer for offer in shelf.offers() if offer.left == 20)
    shelf.lists.places.today = DAY
    shelf.take(counted.id.bytes, {TODAY: 1})
    random, codes = market.random, ("eldercare", "meal", "childcare", "health")
    ids = [uuid4() for _ in range(20)]
    for _ in range(30):
        rating = UUID(random.choice(market.providers)), random.choice(codes), random.random()
        shelf.rate({random.choice(ids): random.choice((rating, rating, None)), uuid4(): rating})
        if random.random() < 0.2:
            shelf.put([READER.entry(market.offering())])
    needs = [Need.asked(market.need(), DAYS) for _ in range(20)]
    before = [found(shelf, need) for need in needs], by_id(shelf)
    shelf.weigh()
    assert before == ([found(shelf, need) for need in needs], by_id(shelf))


@pytest.mark.parametrize("seed", range(3))
def test_why_not_names_rules_that_give_the_same_verdict_again(seed: int) -> None:
    market = Market(200 + seed, venues=30)
    shelf = shelf_of(market, 200)
    offers = list(shelf.offers())
    for _ in range(20):
        need = Need.asked(market.need(), DAYS)
        order = scanned(offers, need, len(offers))
        for offer in offers[::20]:
            answer = shelf.answer(need, offer.id)
            assert answer is not None
            assert answer.verdict == judge(need, offer, POLICY.walk)
            places = [place for place, (_, each) in enumerate(order) if each == offer.id]
            assert ([] if answer.better is None else [answer.better]) == places


def test_an_ineligible_offering_never_appears() -> None:
    market = Market(300, venues=40)
    shelf = shelf_of(market, 400)
    for _ in range(100):
        need = Need.asked(market.need(), DAYS)
        for spot in shelf.best(need, 10):
            assert judge(need, shelf.offer(spot), POLICY.walk).eligible is not False


def test_the_same_input_gives_the_same_order_whatever_the_order_of_arrival() -> None:
    market = Market(400, venues=40)
    states = [market.offering() for _ in range(300)]
    shelves = []
    for order in (states, states[::-1]):
        shelf = Shelf(POLICY)
        for venue in market.venues:
            shelf.settle(UUID(venue["id"]), house(venue))
        for start in range(0, len(order), 60):
            shelf.put(READER.entry(state) for state in order[start : start + 60])
        shelves.append(shelf)
    for _ in range(40):
        need = Need.asked(market.need(), DAYS)
        assert found(shelves[0], need) == found(shelves[1], need)


def test_of_one_offering_told_twice_the_last_word_counts() -> None:
    market = Market(8, venues=5)
    first = [READER.entry(market.offering()) for _ in range(30)]
    again = [entry._replace(left=7) for entry in first[:10]]
    shelf = Shelf(POLICY)
    shelf.fill([first, [], again])
    assert len(shelf) == 30
    assert {shelf.lists.offer(*_place(shelf, entry.id)).left for entry in again} == {7}


def _place(shelf: Shelf, offering_id: UUID) -> tuple[Any, int]:
    spot = shelf.find(offering_id)
    assert spot is not None
    return spot.run.columns.rows, spot.row


def test_an_empty_shelf_answers_nothing() -> None:
    shelf = Shelf(POLICY)
    need = Need(category="meal")
    assert shelf.best(need, 10) == []
    assert shelf.answer(need, UUID(int=1)) is None
    assert not shelf.is_worn
    shelf.put([READER.entry(Market(1, venues=1).offering())])
    shelf.drop([offer.id for offer in shelf.offers()])
    assert shelf.is_worn
    shelf.merge()
    assert len(shelf) == 0
    assert shelf.best(need, 10) == []


def left_of(shelf: Shelf, offering_id: UUID, at: datetime | None = None) -> int | None:
    """The places that an answer tells of an offering."""
    need = Need(category="-", moments=() if at is None else (moment(at, DAYS),))
    answer = shelf.answer(need, offering_id)
    assert answer is not None
    return answer.offer.left


def test_places_that_are_taken_are_seen_at_once() -> None:
    shelf = shelf_of(Market(500, venues=20), 100)
    shelf.lists.places.today = DAY
    need = Need(category="eldercare")
    first = next(spot for spot in shelf.best(need, 100) if shelf.offer(spot).left == 1)
    shelf.take(first.id.bytes, {TODAY: 1})
    assert first.id not in {spot.id for spot in shelf.best(need, 100)}
    shelf.take(first.id.bytes, {})
    assert first.id in {spot.id for spot in shelf.best(need, 100)}


def test_places_are_left_by_period_and_session_at_the_wished_time() -> None:
    shelf = shelf_of(Market(501, venues=20), 100)
    shelf.lists.places.today = DAY
    week, course, free, *_ = (offer.id for offer in shelf.offers() if offer.left == 20)
    later = datetime.combine(DAY + timedelta(days=3), time(14), CITY_ZONE)
    shelf.retake(
        {
            week.bytes: {Period(DAY, DAY + timedelta(days=3), ""): 5},
            course.bytes: {
                Period(later.date(), later.date(), "14:00"): 20,
                Period(later.date(), later.date(), ""): 2,
            },
        }
    )
    assert (left_of(shelf, week), left_of(shelf, week, later)) == (15, 15)
    assert left_of(shelf, week, later + timedelta(days=1)) == 20
    assert (left_of(shelf, course), left_of(shelf, course, later)) == (20, 0)
    assert left_of(shelf, course, later + timedelta(hours=1)) == 18
    assert left_of(shelf, free) == 20


@pytest.mark.parametrize("seed", range(3))
def test_with_places_taken_the_best_are_still_those_of_a_scan(seed: int) -> None:
    market = Market(600 + seed, venues=60)
    shelf = shelf_of(market, 600)
    shelf.lists.places.today = DAY
    taken: dict[UUID, int] = {}
    for offer in list(shelf.offers()):
        if market.random.random() < 0.5:
            taken[offer.id] = market.random.randrange(1, 25)
            shelf.take(offer.id.bytes, {TODAY: taken[offer.id]})
    shelf.put([READER.entry(market.offering(str(each))) for each in list(taken)[:40]])
    if seed:
        shelf.merge()
    offers = [
        offer
        if offer.left is None
        else replace(offer, left=max(offer.left - taken.get(offer.id, 0), 0))
        for offer in shelf.offers()
    ]
    for _ in range(60):
        need = Need.asked(market.need(), DAYS)._replace(moments=())
        assert found(shelf, need) == scanned(offers, need, 10)
        for spot in shelf.best(need, 3):
            assert shelf.offer(spot).left == next(o.left for o in offers if o.id == spot.id)
