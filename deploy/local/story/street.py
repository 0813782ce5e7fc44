"""Before the story: the street, its office, three organisations, and rules that the city sets."""

from dataclasses import dataclass
from typing import Final

from deploy.local.story.people import STREET_AREA, People
from deploy.local.story.telling import Teller

CATEGORY: Final = "meal_delivery"
DIVISIONS: Final = """区划代码,名称,类别,原代码
310000000000,上海市,市,
310100000000,市辖区,市辖区汇总码,
310101000000,黄浦区,区,
310101002000,南京东路街道,街道,
310101002001,云中居委会,居委会,
"""
# The platform brings no unverified number: the city must set these before anything is bought.
RULES: Final = {"sh.dispersed": 100_000_000, "catalogue.guidance": CATEGORY}
OFFICE: Final = {
    "name": "演示 南京东路街道办事处",
    "kind": "street",
    "credit_code": "1131010100000001XJ",
    "line": "civil_affairs",
}
PROVIDERS: Final = {  # names and codes are invented; only the check characters are right
    "演示 云中助餐服务中心": "52310101MJ49000017",
    "演示 申城为老服务社": "52310101MJ4900002A",
    "演示 江畔助餐社": "52310101MJ4900003D",
}


@dataclass(frozen=True, slots=True)
class Street:
    """The office of the street and the organisations that could serve."""

    office: str
    providers: tuple[str, ...]


async def settle(tell: Teller, people: People) -> Street:
    """Make what stands before the first need."""
    tell.chapter("序：街道", "Before: the street")
    form = {"name": "2023", "valid_from": "2023-06-30", "source": "NBS 2023"}
    await tell.divisions(people.city, "registry/v1/area-editions", DIVISIONS, **form)
    office = await _organisation(tell, people, **OFFICE)
    providers = [
        await _organisation(
            tell, people, name=name, kind="private_non_enterprise", credit_code=code
        )
        for name, code in PROVIDERS.items()
    ]
    await set_rules(tell, people)
    return Street(office, tuple(providers))


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
        {**body, "area_code": STREET_AREA},
        f"登记机构：{body['name']}",
        "An organisation is entered",
    )
    found: str = made["id"]
    return found
