"""Things that only look alike: each is its own entity, easily mistaken for another."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tests.registry.records.things import (
    BODIES,
    BRANDS,
    ROADS,
    SORTS,
    Home,
    Thing,
    body,
    credit_code,
    phone,
    venue,
)


def siblings(
    thing: Thing, home: Home, others: list[Home], random: Random
) -> Iterator[tuple[Thing, str]]:
    """Other things of the family: each is its own entity."""
    if thing.kind == "venue":
        yield from _houses(thing, home, others, random)
    else:
        yield from _bodies(thing, home, others, random)


def _houses(
    thing: Thing, home: Home, others: list[Home], random: Random
) -> Iterator[tuple[Thing, str]]:
    ways = random.sample(("ordinal", "branch", "house_mate", "namesake", "hotline", "neighbour"), 2)
    stem = home.name
    word = thing.name.removeprefix(stem)
    if "ordinal" in ways:
        second = _elsewhere(thing, random, 350)
        yield replace(second, name=f"{stem}第二{word}"), "ordinal"
    if "branch" in ways:
        yard = random.choice(others).name
        branch = _elsewhere(thing, random, 500)
        name = random.choice((f"{stem}{word}（{yard}分站）", f"{stem}{word}{yard}分中心"))
        yield replace(branch, name=name), "branch"
    if "house_mate" in ways:
        sort, words = random.choice([each for each in SORTS if each[0] != thing.sort])
        mate = _near(thing, random, 8)
        yield replace(mate, sort=sort, name=stem + random.choice(words)), "house_mate"
    if "namesake" in ways:
        other = next(each for each in others if each.code[:6] != home.code[:6])
        twin = venue(other, random)
        yield replace(twin, sort=thing.sort, name=thing.name), "namesake"
    if "hotline" in ways:
        other = next(each for each in others if each.town == home.town or each.name != home.name)
        yield replace(venue(other, random), phone=thing.phone), "shared_phone"
    if "neighbour" in ways:
        alike = _elsewhere(thing, random, 600)
        yield replace(alike, name=stem[:1] + random.choice("南北新华") + word), "alike"


def _bodies(
    thing: Thing, home: Home, others: list[Home], random: Random
) -> Iterator[tuple[Thing, str]]:
    ways = random.sample(("namesake", "other_field", "other_brand", "shared_phone", "branch"), 2)
    other = next(each for each in others if each.code[:6] != home.code[:6])
    fresh = credit_code(thing.sort, other.code, random) if thing.credit_code else ""
    if "namesake" in ways:
        name = thing.name.replace(home.district_name, other.district_name)
        name = name.replace(home.town_name, other.town_name)
        far = replace(thing, name=name, credit_code=fresh, phone=phone(random))
        yield replace(_elsewhere(far, random, 0), area_code=other.code), "namesake"
    if "other_field" in ways:
        words = random.choice([each for each in BODIES if not thing.name.endswith(each[1][0])])
        stem = thing.name
        for _sort, known in BODIES:
            stem = stem.removesuffix(known[0])
        mate = replace(thing, sort=words[0], name=stem + words[1][0], credit_code="")
        yield mate, "other_field"
    if "other_brand" in ways:
        brands = [each for each in BRANDS if each not in thing.name]
        known = next((each for each in (*BRANDS, home.name) if each in thing.name), "")
        name = thing.name.replace(known, random.choice(brands)) if known else "别" + thing.name
        yield replace(_elsewhere(thing, random, 0), name=name, credit_code=""), "other_brand"
    if "shared_phone" in ways:
        yield replace(body(other, random), phone=thing.phone), "shared_phone"
    if "branch" in ways:
        yard = random.choice(others).name
        branch = replace(_elsewhere(thing, random, 0), name=f"{thing.name}{yard}分中心")
        yield replace(branch, credit_code=""), "branch"


def _near(thing: Thing, random: Random, metres: float) -> Thing:
    if thing.lon is None or thing.lat is None:
        return thing
    lon, lat = (
        thing.lon + random.gauss(0, metres) / 95_000,
        thing.lat + random.gauss(0, metres) / 111_000,
    )
    return replace(thing, lon=lon, lat=lat)


def _elsewhere(thing: Thing, random: Random, metres: float) -> Thing:
    address = f"{random.choice(ROADS)}{random.randrange(1, 900)}号"
    return replace(_near(thing, random, metres), address=address)
