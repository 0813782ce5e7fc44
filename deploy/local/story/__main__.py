"""`make demo`: tell the story to whoever watches, on the platform that `make run` has started."""

import asyncio
import sys
import time

import httpx

from common.auth.development import DevelopmentIssuer
from deploy.local.environment import SERVICES
from deploy.local.plan import Plan
from deploy.local.story.people import People
from deploy.local.story.telling import BEGINS, Clock, StoryBrokenError, Teller
from deploy.local.story.whole import Story, bare_place, tell_story

CALL_TIMEOUT_S = 60.0


async def told(plan: Plan) -> Story:
    """The story, in a street that it finds for itself. Raises `StoryBrokenError`."""
    people = People(DevelopmentIssuer.at(plan.data_dir / "secrets" / "issuer"))
    addresses = {name: f"{plan.public}/{name}" for name in SERVICES}
    async with httpx.AsyncClient(timeout=CALL_TIMEOUT_S, trust_env=False) as client:
        tell = Teller(client, addresses, Clock(BEGINS), sys.stdout)
        return await tell_story(tell, *await bare_place(tell, people))


def summary(story: Story, taken_s: float) -> str:
    """What came of it, in a few lines."""
    offering, rating = story.served.offering, story.learnt.rating
    needs = len(story.unmet.needs)
    outcome = story.learnt.progress["items"][0]["outcome"]
    return (
        "\n────────────────────────────────────────────────────────────\n"
        f"从 {needs} 个无人能接的需求，到议题、合同、服务和评价，用时 {taken_s:.0f} s\n"
        f"From {needs} needs that nobody could serve to an agenda, a contract, a service, ratings\n"
        f"  议题 agenda item   {outcome['stage']}, paid {outcome['paid_fen'] / 100:.2f} CNY\n"
        f"  服务 offering      {offering['name']}\n"
        f"  匹配 next match    {story.learnt.match['offering_id']}\n"
        f"  评价 ratings       {rating['ratings']}；{_verdict(story)}\n"
    )


def _verdict(story: Story) -> str:
    if story.learnt.rating["is_rated"]:
        return f"{story.learnt.rating['score']}"
    return "样本不足，按规则暂不评级 / too few yet: no rating by rule"


def main() -> int:
    """0 when it has been told to its end, 1 with a sentence when not."""
    plan, begun = Plan.from_environment(), time.monotonic()
    try:
        story = asyncio.run(told(plan))
    except httpx.TransportError:
        sys.stdout.write(
            f"{plan.public} 无人应答，请先运行 make run / nobody answers: make run first\n"
        )
        return 1
    except StoryBrokenError as broken:
        sys.stdout.write(f"{broken}\n")
        return 1
    sys.stdout.write(summary(story, time.monotonic() - begun))
    return 0


if __name__ == "__main__":
    sys.exit(main())
