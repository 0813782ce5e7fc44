"""Before the story: the street, its office, three organisations, and rules that the city sets."""

from dataclasses import dataclass
from typing import Any, Final

from common.codes import credit_check_character
from deploy.local.story.people import PUBLIC, People
from deploy.local.story.telling import Teller

CATEGORY: Final = "meal_delivery"
DIVISIONS: Final = """区划代码,名称,类别,原代码
310000000000,上海市,市,
310100000000,市辖区,市辖区汇总码,
310101000000,黄浦区,区,
310101002000,南京东路街道,街道,
310101002001,云中居委会,居委会,
310101013000,外滩街道,街道,
310101013001,江畔居委会,居委会,
"""
# The platform brings no unverified number: the city must set these before anything is bought.
RULES: Final = {"sh.dispersed": 100_000_000, "catalogue.guidance": CATEGORY}
OFFICE: Final = {
    "kind": "street",
    "line": "civil_affairs",
}
PROVIDERS: Final = ("演示 云中助餐服务中心", "演示 申城为老服务社", "演示 江畔助餐社")


@dataclass(frozen=True, slots=True)
class Street:
    """The office of the street and the organisations that could serve."""

    office: str
    providers: tuple[str, ...]


async def settle(tell: Teller, people: People) -> Street:
    """Make what stands before the first need."""
    tell.chapter("序：街道", "Before: the street")
    if not await areas(tell):
        form = {"name": "2023", "valid_from": "2023-06-30", "source": "NBS 2023"}
        await tell.divisions(people.city, "registry/v1/area-editions", DIVISIONS, **form)
    mine = await office(tell, people)
    kind = {"kind": "private_non_enterprise"}
    providers = []
    for number, name in enumerate(PROVIDERS, 1):
        code = _credit_code("52", people.place.street, f"MJ{number:04}")
        made = await _organisation(tell, people, name=name, **kind, credit_code=code)
        providers.append(made)
    await set_rules(tell, people)
    return Street(mine, tuple(providers))


async def office(tell: Teller, people: People) -> str:
    """The office of the street, which buys for it."""
    code = office_code(people.place.street)
    name = f"演示 {people.place.street} 街道办事处"
    return await _organisation(tell, people, **OFFICE, name=name, credit_code=code)


async def areas(tell: Teller, **terms: str) -> list[Any]:
    """Divisions of the city, if there are any yet."""
    query = "&".join(f"{name}={value}" for name, value in terms.items())
    found: list[Any] = (await tell.get(PUBLIC, f"registry/v1/areas?{query}"))["items"]
    return found


def office_code(street: str) -> str:
    """The credit code of the story's office of a street."""
    return _credit_code("11", street, "000001")


def _credit_code(kind: str, street: str, number: str) -> str:
    """Invented, and different in each street; only the check character is right."""
    body = f"{kind}{street}{number}"
    return body + credit_check_character(body)


async def set_rules(tell: Teller, people: People) -> None:
    """The numbers that only somebody with authority may set."""
    unset = await tell.get(people.city, "procurement/v1/rules?is_set=false&limit=200")
    for rule in unset["items"]:
        if rule["code"] in RULES:
            path = f"procurement/v1/rules/{rule['id']}"
            await tell.put(
                people.city,
                f"{path}/value",
                {"value": RULES[rule["code"]], "reason": "演示：由市级部门核定"},
                f"市级部门核定规则 {rule['code']}",
                f"The city sets the rule {rule['code']}",
                of=await tell.get(people.city, path),
            )


async def _organisation(tell: Teller, people: People, **body: str) -> str:
    made = await tell.post(
        people.clerk,
        "registry/v1/organisations",
        {**body, "area_code": people.place.street_area},
        f"登记机构：{body['name']}",
        "An organisation is entered",
    )
    found: str = made["id"]
    return found
