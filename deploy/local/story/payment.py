"""Chapter six: users are heard, the first half year is accepted, and what was promised is paid."""

from typing import Any, Final

from deploy.local.story.contract import Bought
from deploy.local.story.people import People, Person
from deploy.local.story.telling import Teller
from deploy.local.story.tender import Won

DAYS: Final = 120
REPORT: Final = {"text": "已按约定送餐", "service_days": DAYS, "people_served": 36}
HEARD: Final = {
    "asked": 36,
    "answered": 30,
    "satisfied": 27,
    "summary": "多数满意，希望午餐更热。",
}


async def pay(tell: Teller, people: People, won: Won, bought: Bought) -> dict[str, Any]:
    """Reported by the provider, accepted with its users' opinions, requested and approved."""
    tell.chapter("六、验收与付款", "Six: accepted and paid")
    path = f"procurement/v1/contracts/{bought.contract['id']}"
    half = won.award["value_fen"] // 2
    provider = people.provider(bought.contract["provider_id"])
    await _step(tell, provider, path, "milestones/1/report", REPORT, "承接方报告", "Reported")
    accepted = {
        "verdict": "met",
        "opinions": HEARD,
        "service_days": DAYS,
        "payable_fen": half,
        "remarks": "现场抽查十户，记录相符。",
    }
    what = "milestones/1/acceptance"
    zh, en = "先听服务对象意见，再验收", "Its users are heard before it is accepted"
    await _step(tell, people.head, path, what, accepted, zh, en)
    wish = {"milestone": 1, "draws": [{"line_id": won.line, "value_fen": half}]}
    asked = await _step(tell, people.clerk, path, "payments", wish, "申请付款", "A payment")
    what = f"payments/{asked['id']}/decision"
    yes = {"is_approved": True}
    paid: dict[str, Any] = await _step(tell, people.head, path, what, yes, "支付", "It is paid")
    return paid


async def _step(
    tell: Teller, who: Person, path: str, what: str, body: Any, zh: str, en: str
) -> Any:
    """A step on the contract as it is now."""
    return await tell.post(who, f"{path}/{what}", body, zh, en, of=await tell.get(who, path))
