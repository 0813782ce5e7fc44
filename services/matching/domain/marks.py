"""Who may go where, for a whole city at once: what offerings ask as bits, what people have as bits.

Each different thing that the offerings of a root category ask is a bit. A person has the bit when
`eligibility.judge` does not refuse the person for it, and surely when it leaves nothing open; a
pair is admitted when no asked bit is missing. So the arrays of an allocation say what the rules of
one match say. Pure.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from common.contracts.registry.offerings import PersonFacts
from common.contracts.registry.venues import Accessibility
from matching.domain.demand import Need
from matching.domain.eligibility import judge
from matching.domain.supply import Offer, Terms
from matching.domain.walking import StraightLine

Bits = NDArray[np.int64]
BITS: Final = 62  # of a signed 64-bit column
_NOBODY: Final = UUID(int=0)
_EVERYTHING: Final = frozenset(Accessibility)
_NO_WALK: Final = StraightLine(detour=1.0, speed_kmh=4.5)


class TooManyTerms(ValueError):
    """The offerings of one root category ask more different things than a column has bits."""


class Ask(NamedTuple):
    """One thing that an offering asks: the facts of a person that decide it, and itself."""

    facet: str
    offer: Offer


class Marks(NamedTuple):
    """The bits that each need has, those it has surely, those that each offering asks; what each
    bit stands for.
    """

    has: Bits
    sure: Bits
    required: Bits
    asks: Sequence[Ask]


def marks(needs: Sequence[Need], offers: Sequence[Offer]) -> Marks:
    """The marks of needs and offerings of one root category. Raises `TooManyTerms`."""
    number: dict[Ask, int] = {}
    known: dict[tuple[str, Terms, frozenset[Accessibility]], int] = {}
    features = frozenset().union(*(need.features for need in needs))
    required = np.zeros(len(offers), np.int64)
    for row, offer in enumerate(offers):
        lacks = features - offer.features
        key = offer.category_path, offer.terms, lacks
        if key not in known:
            known[key] = _required(offer, lacks, number)
        required[row] = known[key]
    people = {id(need): need for need in needs}  # many may be one
    bits = np.zeros((len(people), 2), np.int64)
    for facet, of in FACETS.items():
        listed = [(ask.offer, bit) for ask, bit in number.items() if ask.facet == facet]
        bits |= _by_facet([*people.values()], of, partial(_met, listed))
    at = {each: place for place, each in enumerate(people)}
    has, sure = bits[np.array([at[id(need)] for need in needs], np.intp)].T
    return Marks(has, sure, required, [*number])


def lacking(need: Need, ask: Ask) -> str:
    """The rule by which a need has not, or not surely, the mark of what is asked, by its name."""
    verdict = judge(_reading(need, ask.offer), ask.offer, _NO_WALK)
    lacked = [each for each in verdict.rules if not each.met]
    return next((each for each in lacked if each.met is False), lacked[0]).rule


def _required(offer: Offer, lacks: Collection[Accessibility], number: dict[Ask, int]) -> int:
    """The bits that an offering asks; what nobody has asked before gets the next one."""
    found = 0
    for ask in (*asks(offer), *map(_without, sorted(lacks))):
        bit = number.setdefault(ask, len(number))
        if bit >= BITS:
            raise TooManyTerms(offer.category_path.split("/")[0])
        found |= 1 << bit
    return found


def asks(offer: Offer) -> Iterator[Ask]:
    """What an offering asks, each thing by itself."""
    terms = offer.terms
    yield Ask("category", _asking(offer.category_path))
    if terms.age_min is not None or terms.age_max is not None:
        yield Ask("age", _asking(terms=Terms(age_min=terms.age_min, age_max=terms.age_max)))
    if terms.groups:
        yield Ask("groups", _asking(terms=Terms(groups=tuple(sorted(terms.groups)))))
    if terms.hardship:
        yield Ask("hardship", _asking(terms=Terms(hardship=tuple(sorted(terms.hardship)))))
    if terms.disability is not None:
        yield Ask("disability", _asking(terms=Terms(disability=terms.disability)))
    if terms.areas:
        areas = Terms(areas=tuple(sorted(terms.areas)), residence=terms.residence)
        yield Ask("home", _asking(terms=areas))
    if terms.funding_area is not None:
        yield Ask("home", _asking(terms=Terms(funding_area=terms.funding_area)))


def _without(feature: Accessibility) -> Ask:
    """What an offering whose venue lacks a feature asks: somebody who does not need it."""
    return Ask("features", replace(_asking(), features=_EVERYTHING - {feature}))


def _asking(category_path: str = "", terms: Terms | None = None) -> Offer:
    return Offer(id=_NOBODY, category_path=category_path, terms=terms or Terms())


def _by_facet(
    needs: Sequence[Need],
    of: Callable[[Need], Hashable],
    met: Callable[[Need], tuple[int, int]],
) -> Bits:
    """Both bits of each need for one facet, judged once for each different value of it."""
    known: dict[Hashable, tuple[int, int]] = {}
    found = np.empty((len(needs), 2), np.int64)
    for row, need in enumerate(needs):
        value = of(need)
        if value not in known:
            known[value] = met(need)
        found[row] = known[value]
    return found


def _met(listed: Iterable[tuple[Offer, int]], need: Need) -> tuple[int, int]:
    """What is not refused, and what is sure."""
    has = sure = 0
    for offer, bit in listed:
        verdict = judge(_reading(need, offer), offer, _NO_WALK).eligible
        has |= (verdict is not False) << bit
        sure |= (verdict is True) << bit
    return has, sure


def _reading(need: Need, asking: Offer) -> Need:
    """The need as it is judged: what asks nothing of the category must not refuse it for that.

    Nor may what is no venue for what it needs of one.
    """
    features = need.features if asking.features else frozenset()
    if asking.category_path:
        return need._replace(features=features)
    return Need(
        category="",
        features=features,
        person=need.person,
        ages=need.ages,
        unverified=need.unverified,
        refused=need.refused,
        declared=need.declared,
    )


def _tuple(values: Iterable[Any] | None) -> tuple[Any, ...] | None:
    return None if values is None else tuple(sorted(values))


def _looked_at(need: Need) -> tuple[Hashable, ...]:
    return need.refused, need.declared, need.unverified


def _person(need: Need) -> PersonFacts:
    return need.person


FACETS: Final[dict[str, Callable[[Need], Hashable]]] = {
    "category": lambda need: need.category,
    "features": lambda need: need.features,
    "age": lambda need: (need.ages, need.unverified),
    "groups": lambda need: (_tuple(_person(need).groups), need.unverified),
    "hardship": lambda need: (_tuple(_person(need).hardship), *_looked_at(need)),
    "disability": lambda need: (_person(need).disability_grade, need.unverified),
    "home": lambda need: (
        *(_person(need).registered_area, _person(need).living_area),
        need.unverified,
    ),
}
