"""Who is there in a demo street: its office, its committees, the organisations that serve it.

The pattern that the platform is about is planted on purpose: most small providers of a street were
incubated by that street, a few larger ones work across districts. All of them are 演示数据.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, Final

from common.codes.credit import ALPHABET, credit_check_character

NOTE: Final = "演示数据"
NAMES: Final = (
    "乐邻",
    "善邻",
    "和煦",
    "暖阳",
    "益家",
    "同心",
    "睦友",
    "颐年",
    "童心",
    "馨悦",
    "众帮",
    "久安",
    "春晖",
    "知行",
    "青禾",
    "百合",
    "星火",
    "汇爱",
    "康邻",
    "福泽",
)
FIELDS: Final = (
    "社会工作服务中心",
    "养老服务中心",
    "社区服务中心",
    "青少年服务中心",
    "助残服务社",
    "家庭服务社",
    "健康促进中心",
    "公益发展中心",
)
CITYWIDE: Final = 24


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation; other organisations are named by code."""

    code: str
    name: str
    kind: str
    area_code: str
    short_name: str | None = None
    credit_code: str | None = None
    filing_number: str | None = None
    filed_with_code: str | None = None
    supervisor_code: str | None = None
    evaluation_grade: str | None = None
    grade_valid_from: date | None = None
    grade_valid_to: date | None = None
    line: str | None = None
    platform_kind: str | None = None
    address: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Incubation:
    """Who nurtured whom, from when to when."""

    incubator_code: str
    incubated_code: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Street:
    """A town-level division as the generator needs it."""

    code: str
    name: str
    neighbourhoods: Mapping[str, str]


def credit_code(kind: str, area_code: str, random: Random) -> str:
    """A well-formed code for a body that does not exist: its subject part begins with MADEMO."""
    first = {
        "street": "11",
        "institution": "12",
        "association": "51",
        "private_non_enterprise": "52",
        "foundation": "53",
    }.get(kind, "91")
    subject = "MADEM" + "".join(random.choice(ALPHABET) for _ in range(4))
    body = first + area_code[:6] + subject
    return body + credit_check_character(body)


def phone_of(random: Random) -> str:
    """A number of a range that is not in service: 021-5550 xxxx."""
    return f"021-5550{random.randrange(10_000):04d}"


def citywide(seed: int) -> Iterator[Organisation]:
    """Larger organisations that no street raised."""
    for index in range(CITYWIDE):
        random = Random(f"{seed}:city-organisation:{index}")
        kind = (
            "foundation"
            if index < 3
            else random.choice(("private_non_enterprise", "private_non_enterprise", "enterprise"))
        )
        field = "公益基金会" if kind == "foundation" else FIELDS[index % len(FIELDS)]
        yield Organisation(
            code=f"DEMO-CITY-{index:02d}",
            name=f"演示市{NAMES[index % len(NAMES)]}{field}",
            kind=kind,
            area_code="310101000000" if index % 2 else "310110000000",
            credit_code=credit_code(kind, "310100", random),
            phone=phone_of(random),
            line="civil_affairs",
            **_grade(kind, random),
        )


def of_street(street: Street, seed: int) -> Iterator[Organisation]:
    """The office, the committees, the platforms and the organisations registered or filed there."""
    random = Random(f"{seed}:organisations:{street.code}")
    office = f"DEMO-{street.code[:9]}-JD"
    yield Organisation(
        code=office,
        name=f"{street.name}办事处（{NOTE}）",
        kind="street",
        area_code=street.code,
        credit_code=credit_code("street", street.code, random),
        phone=phone_of(random),
    )
    for code, name in street.neighbourhoods.items():
        yield Organisation(
            code=f"DEMO-{code}-JW",
            name=f"{name}（{NOTE}）",
            kind="villagers_committee" if 200 <= int(code[9:]) < 400 else "residents_committee",
            area_code=code,
            supervisor_code=office,
            phone=phone_of(random),
        )
    yield from _platforms(street, office, random)
    yield from _providers(street, office, random)


def _platforms(street: Street, office: str, random: Random) -> Iterator[Organisation]:
    for suffix, name, platform in (
        ("DQ", "党群服务中心", "party_service_centre"),
        ("SZ", "社区社会组织服务中心", "social_org_service_centre"),
    ):
        yield Organisation(
            code=f"DEMO-{street.code[:9]}-{suffix}",
            name=f"{street.name}{name}（{NOTE}）",
            kind="institution" if suffix == "DQ" else "private_non_enterprise",
            area_code=street.code,
            credit_code=credit_code(
                "institution" if suffix == "DQ" else "private_non_enterprise", street.code, random
            ),
            supervisor_code=office,
            platform_kind=platform,
            phone=phone_of(random),
        )


def _providers(street: Street, office: str, random: Random) -> Iterator[Organisation]:
    names = random.sample(NAMES, 8)
    for index, short in enumerate(names):
        filed = index >= 5
        kind = "community_organisation" if filed else "private_non_enterprise"
        field = "邻里互助队" if filed else FIELDS[(index * 3 + random.randrange(3)) % len(FIELDS)]
        yield Organisation(
            code=f"DEMO-{street.code[:9]}-P{index}",
            name=f"{street.name}{short}{field}（{NOTE}）",
            short_name=f"{short}{field}",
            kind=kind,
            area_code=street.code,
            credit_code=None if filed else credit_code(kind, street.code, random),
            filing_number=f"备{street.code[4:9]}{index:02d}" if filed else None,
            filed_with_code=office if filed else None,
            supervisor_code=office,
            line="civil_affairs",
            phone=phone_of(random),
            **({} if filed else _grade(kind, random)),
        )


def _grade(kind: str, random: Random) -> dict[str, Any]:
    if kind not in {"private_non_enterprise", "foundation"} or random.random() < 0.3:
        return {}
    start = date(random.randint(2022, 2026), random.choice((1, 4, 7)), 1)
    grade = random.choices(("2A", "3A", "4A", "5A"), (2, 5, 4, 2))[0]
    end = date(start.year + 5, start.month, 1)
    return {"evaluation_grade": grade, "grade_valid_from": start, "grade_valid_to": end}


def incubations(street: Street, seed: int) -> Iterator[Incubation]:
    """Six of a street's eight providers were raised by it or by its service centre."""
    random = Random(f"{seed}:incubation:{street.code}")
    prefix = f"DEMO-{street.code[:9]}"
    for index in random.sample(range(8), 6):
        start = date(random.randint(2016, 2024), random.randint(1, 12), 1)
        ended = random.random() < 0.4
        yield Incubation(
            incubator_code=f"{prefix}-{random.choice(('JD', 'SZ'))}",
            incubated_code=f"{prefix}-P{index}",
            valid_from=start,
            valid_to=date(start.year + 2, start.month, 1) if ended else None,
        )
