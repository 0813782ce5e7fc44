"""`make demo`: tell the story to whoever watches, on the platform that `make run` has started."""

import asyncio
import sys
import time

import httpx

from common.auth.development import DevelopmentIssuer
from deploy.local.environment import SERVICES
from deploy.local.plan import Plan
from deploy.local.story.people import People
from deploy.local.story.summary import summary
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
