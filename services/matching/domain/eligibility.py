"""Whether an offering may serve a need: each rule by name, what it asks and what it finds.

Pure. A rule that asks nothing is not listed; a fact that is not known, or not verified, leaves its
rule open (None). `RULES` names them all, in the order in which they are told.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from common.contracts.matching_queries import Fact
from common.contracts.registry.offerings import DisabilityRule, Residence, RuleVerdict
from common.contracts.vocabulary import Channel, TargetGroup
from common.errors import Text
from common.opening import clock_of
from matching.domain.demand import Need
from matching.domain.opening import is_open
from matching.domain.supply import Offer
from matching.domain.walking import StraightLine, Walking

SEVERE_GRADES: Final = frozenset({1, 2})  # 重度残疾: 一级、二级, 残疾人保障 usage throughout China
_OPEN: Final = {True: "open", False: "closed", None: None}
REMOTE: Final = frozenset({Channel.AT_HOME, Channel.ONLINE})

NAMES: Final = {
    "category": Text("服务类别", "category"),
    "channel": Text("服务方式", "channel"),
    "venue": Text("载体状态", "venue"),
    "age_min": Text("最低年龄", "lowest age"),
    "age_max": Text("最高年龄", "highest age"),
    "groups_any": Text("人群", "group"),
    "hardship": Text("困难认定", "hardship"),
    "disability": Text("残疾等级", "disability"),
    "household_areas": Text("户籍或居住地", "household area"),
    "funding_area": Text("资金所属区域", "area of the funding"),
    "opening_time": Text("开放时间", "opening time"),
    "places_left": Text("剩余名额", "places left"),
    "price": Text("价格上限", "price ceiling"),
    "accessibility": Text("无障碍设施", "accessibility"),
    "distance": Text("步行距离", "walking distance"),
}
RULES: Final = tuple(NAMES)


class Judged(NamedTuple):
    """One rule: what it asks, what it finds; `met` None is open."""

    rule: str
    met: bool | None
    wanted: object
    given: object


@dataclass(frozen=True, slots=True)
class Verdict:
    """All rules that ask something. No when one is not met, else unknown when one is open."""

    rules: tuple[Judged, ...]

    @property
    def eligible(self) -> bool | None:
        """Whether the offering may serve the need; None: when open facts are verified."""
        if any(each.met is False for each in self.rules):
            return False
        return None if any(each.met is None for each in self.rules) else True


def judge(need: Need, offer: Offer, walking: Walking) -> Verdict:
    """Every rule of one need against one offering."""
    rules = (*_service(need, offer), *_person(need, offer), *_circumstances(need, offer, walking))
    return Verdict(rules)


def unknown(need: Need) -> list[Judged]:
    """The rules about circumstances as they stand where nothing is known of an offering."""
    return [rule for rule in _circumstances(need, _UNKNOWN, _NO_WALK) if rule.met is None]


def usable(need: Need, offer: Offer) -> frozenset[Channel]:
    """The ways in which the offering may reach this person."""
    return offer.channels & need.channels if need.channels else offer.channels


def walk(need: Need, offer: Offer, walking: Walking) -> float | None:
    """Minutes on foot: none to a service that comes; None when a place is not known."""
    if usable(need, offer) & REMOTE:
        return 0.0
    if need.place is None or offer.place is None:
        return None
    return walking.one(need.place, offer.place)


def told(judged: Judged, language: str = "zh") -> RuleVerdict:
    """A rule as an answer tells it."""
    return RuleVerdict.model_construct(**plain(judged, language))


def plain(judged: Judged, language: str = "zh") -> dict[str, Any]:
    """The same as plain values, for answers that are written many times a second."""
    return {
        "rule": judged.rule,
        "met": judged.met,
        "wanted": _words(judged.wanted) or "",
        "given": _words(judged.given),
        "message": _sentence(judged).within(language),
    }


_UNKNOWN: Final = Offer(id=UUID(int=0), category_path="")
_NO_WALK: Final = StraightLine(detour=1.0, speed_kmh=1.0)  # never asked: it has no place


def _service(need: Need, offer: Offer) -> Iterator[Judged]:
    codes = offer.category_path.split("/")
    yield Judged("category", need.category in codes, need.category, codes[-1])
    if need.channels:
        fits = bool(need.channels & offer.channels)
        yield Judged("channel", fits, sorted(need.channels), sorted(offer.channels))
    if not offer.venue_stands:
        yield Judged("venue", bool(usable(need, offer) & REMOTE), "active", "closed")


def _person(need: Need, offer: Offer) -> Iterator[Judged]:
    for fact, rule in (*_ages(need, offer), *_standing(need, offer), *_areas(need, offer)):
        yield rule._replace(met=None) if rule.met and fact in need.unverified else rule


def _ages(need: Need, offer: Offer) -> Iterator[tuple[Fact, Judged]]:
    low, high = need.ages or (None, None)
    given = low if low == high else f"{low}–{high}"
    if least := offer.terms.age_min:
        met = _between(low, high, lambda age: age >= least)
        yield Fact.AGE, Judged("age_min", met, least, given)
    if (most := offer.terms.age_max) is not None:
        met = _between(low, high, lambda age: age <= most)
        yield Fact.AGE, Judged("age_max", met, most, given)


def _standing(need: Need, offer: Offer) -> Iterator[tuple[Fact, Judged]]:
    terms, person = offer.terms, need.person
    if terms.groups and TargetGroup.EVERYONE not in terms.groups:
        met = _shares(terms.groups, person.groups)
        yield Fact.GROUPS, Judged("groups_any", met, list(terms.groups), person.groups)
    if terms.hardship:
        asked = set(terms.hardship) - need.refused
        met = _shares(asked, person.hardship) if asked else False
        if met and not _shares(asked - need.declared, person.hardship or ()):
            met = None
        yield Fact.HARDSHIP, Judged("hardship", met, list(terms.hardship), person.hardship)
    if terms.disability is not None:
        grade = person.disability_grade
        met = _disabled(terms.disability, grade)
        yield Fact.DISABILITY, Judged("disability", met, terms.disability, grade)


def _areas(need: Need, offer: Offer) -> Iterator[tuple[Fact, Judged]]:
    terms = offer.terms
    if terms.areas:
        yield Fact.AREA, _at_home(need, "household_areas", list(terms.areas), terms.residence)
    if terms.funding_area is not None:
        yield Fact.AREA, _at_home(need, "funding_area", [terms.funding_area], Residence.LIVING)


def _at_home(need: Need, name: str, areas: list[str], residence: Residence) -> Judged:
    homes = _homes(need, residence)
    given = [home for home in homes if home] or None
    return Judged(name, _lives(areas, homes), areas, given)


def _circumstances(need: Need, offer: Offer, walking: Walking) -> Iterator[Judged]:
    if need.moments:
        met = _any_of(is_open(offer.timetable, at) for at in need.moments)
        wanted = [f"{at.day} {clock_of(at.week_minute % 1440)}" for at in need.moments]
        yield Judged(
            "opening_time", met, wanted, None if met is None else "open" if met else "closed"
        )
    if offer.left is not None:
        yield Judged("places_left", offer.left >= need.places, need.places, offer.left)
    if need.price_at_most_fen is not None:
        price = offer.price_fen
        met = None if price is None else price <= need.price_at_most_fen
        yield Judged("price", met, need.price_at_most_fen, price)
    is_remote = bool(usable(need, offer) & REMOTE)
    if need.features:
        met = is_remote or need.features <= offer.features
        yield Judged("accessibility", met, sorted(need.features), sorted(offer.features))
    if need.minutes_at_most is not None and not is_remote:
        far = walk(need, offer, walking)
        met = None if far is None else far <= need.minutes_at_most
        given = None if far is None else round(far, 1)
        yield Judged("distance", met, need.minutes_at_most, given)


def _between(low: int | None, high: int | None, fits: Callable[[int], bool]) -> bool | None:
    """Whether an age known between two bounds fits a rule with one bound."""
    if low is None or high is None:
        return None
    ends = fits(low), fits(high)
    return True if all(ends) else None if any(ends) else False


def _shares(wanted: Collection[str], given: Collection[str] | None) -> bool | None:
    return None if given is None else not set(wanted).isdisjoint(given)


def _disabled(wanted: DisabilityRule, grade: int | None) -> bool | None:
    if grade is None:
        return None
    return grade in SEVERE_GRADES if wanted is DisabilityRule.SEVERE else grade > 0


def _homes(need: Need, residence: Residence) -> list[str | None]:
    registered, living = need.person.registered_area, need.person.living_area
    return {
        Residence.REGISTERED: [registered],
        Residence.LIVING: [living],
        Residence.EITHER: [registered, living],
    }[residence]


def _lives(areas: Collection[str], homes: Collection[str | None]) -> bool | None:
    """True when a home lies within an area; open when a home is not known finely enough."""
    return _any_of(_within(home, areas) for home in homes)


def _within(home: str | None, areas: Collection[str]) -> bool | None:
    if home is None:
        return None
    if any(home.startswith(area) for area in areas):
        return True
    return None if any(area.startswith(home) for area in areas) else False


def _any_of(verdicts: Iterator[bool | None]) -> bool | None:
    found = set(verdicts)
    return True if True in found else None if None in found else False


def _words(value: object) -> str | None:
    if value is None:
        return None
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _sentence(judged: Judged) -> Text:
    asked, has, said = _words(judged.wanted), _words(judged.given), NAMES[judged.rule]
    match judged.met:
        case True:
            return Text(f"{said.zh}符合：{has}。", f"The {said.en} fits: {has}.")
        case False:
            return Text(
                f"{said.zh}不符：要求 {asked}，实际 {has or '无'}。",
                f"The {said.en} does not fit: {asked} is asked, it is {has or 'none'}.",
            )
        case _ if has is not None:
            return Text(
                f"{said.zh}待核实：要求 {asked}，自述或所知为 {has}。",
                f"The {said.en} is to be verified: {asked} is asked, {has} is told.",
            )
        case _:
            return Text(
                f"{said.zh}不明：要求 {asked}。", f"The {said.en} is unknown: {asked} is asked."
            )
