"""The stated score: its parts add up, its weights come from rules, less is better."""

from datetime import date

import pytest

from common.contracts.vocabulary import Channel, UrgencyTier
from common.geo import METRES_PER_DEGREE, Point, planar
from common.ids import uuid7
from common.rules import packaged_rules
from matching.domain.demand import Need, Wishes
from matching.domain.eligibility import Judged, Verdict, walk
from matching.domain.scoring import BELOW, FAR, Policy, parts, rank, score
from matching.domain.supply import Offer

POLICY = Policy.by_rules(packaged_rules("matching").at(date(2026, 3, 2), "310000"))
HERE = planar(121.47, 31.23)
KM = 1000 / METRES_PER_DEGREE
PROVIDER, VENUE = uuid7(), uuid7()


def offer(**fields: object) -> Offer:
    given = {
        "category_path": "eldercare/meal",
        "channels": frozenset({Channel.ON_SITE}),
        "place": Point(HERE.lon + KM, HERE.lat),
        "provider_id": PROVIDER,
        "venue_id": VENUE,
        **fields,
    }
    return Offer(id=uuid7(), **given)  # type: ignore[arg-type]


def minutes(need: Need, offer: Offer) -> float:
    return score(POLICY, need, offer, walk(need, offer, POLICY.walk))


NEED = Need(category="meal", place=HERE)


def test_a_kilometre_is_walked_with_the_detour_at_the_speed_of_the_rules() -> None:
    assert walk(NEED, offer(), POLICY.walk) == pytest.approx(1.3 / 4.5 * 60)
    assert POLICY.walk.one(HERE, HERE) == 0.0


@pytest.mark.parametrize("rating", [None, 0.0, 0.8])
def test_the_parts_add_up_to_the_score(rating: float | None) -> None:
    wishes = Wishes(providers=frozenset({PROVIDER}), venues=frozenset({uuid7()}))
    asked = Need(category="meal", place=HERE, wishes=wishes, urgency=UrgencyTier.URGENT)
    given = offer(rating=rating, scarcity=3.5)
    told = parts(POLICY, asked, given, walk(asked, given, POLICY.walk))
    assert sum(part.minutes for part in told) == pytest.approx(minutes(asked, given))
    assert {part.rule for part in told} <= {applied.code for applied in POLICY.applied}


def test_each_part_pulls_its_own_way() -> None:
    plain = minutes(NEED, offer(rating=0.5))
    assert minutes(NEED, offer(rating=0.9)) < plain
    assert minutes(NEED, offer(rating=0.5, scarcity=2.0)) == pytest.approx(plain + 2.0)
    assert minutes(NEED, offer(rating=0.5, place=HERE)) < plain
    urgent = Need(category="meal", place=HERE, urgency=UrgencyTier.URGENT)
    assert minutes(urgent, offer(rating=0.5)) > plain
    wished = Need(category="meal", place=HERE, wishes=Wishes(venues=frozenset({VENUE})))
    assert minutes(wished, offer(rating=0.5)) == pytest.approx(plain - POLICY.wish)


def test_a_new_provider_stands_between_the_worst_and_the_best_rated() -> None:
    best, new, worst = (minutes(NEED, offer(rating=r)) for r in (1.0, None, 0.0))
    assert best < new < worst


def test_a_place_that_is_not_known_counts_as_far() -> None:
    assert walk(NEED, offer(place=None), POLICY.walk) is None
    assert minutes(NEED, offer(place=None, rating=0.0)) == FAR
    assert minutes(NEED, offer(channels=frozenset({Channel.ONLINE}), rating=0.0)) == 0.0


def test_open_facts_rank_below_everything_that_is_verified() -> None:
    open_one = Verdict((Judged("age_min", None, 60, None),))
    assert rank(-30.0, open_one) == BELOW - 30.0
    assert rank(FAR * 2, Verdict(())) < rank(-30.0, open_one)
