"""The secret of a webhook is changed: one signs at a time, and the receiver can take both."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.errors import NotFound
from common.exchange import webhooks
from tests.common.exchange.stage import APP, URL, Stage
from tests.portal_clients import by_name

OWNER = Actor(*APP, ActorKind.APP, frozenset({Role.PORTAL_APP}), area="31")
DAY = timedelta(days=1)


async def changed(stage: Stage, overlap: timedelta, by: Actor = OWNER) -> str:
    """The new secret."""
    async with stage.things.opened.sessions.begin() as session:
        _, secret = await webhooks.change_secret(
            session, stage.keys, stage.hook, overlap=overlap, by=by, now=stage.now
        )
    return secret


async def verdicts(stage: Stage, secrets: Sequence[str]) -> list[str]:
    """What the sample client says of the next message with each secret."""
    await stage.things.add()
    await stage.send()
    body, headers = stage.to.calls[-1]
    client, now = by_name(), int(stage.now.timestamp() * 1000)
    hooks = [client["Hook"](str(stage.hook), each, URL) for each in secrets]
    return [client["verdict"](headers, body, each, now) for each in hooks]


async def test_the_present_secret_signs_until_the_overlap_is_over_then_the_next(
    stage: Stage,
) -> None:
    secret = await changed(stage, DAY)
    assert await verdicts(stage, ["s3cret", secret]) == ["genuine", "forged"]
    stage.now += DAY
    assert await verdicts(stage, ["s3cret", secret]) == ["forged", "genuine"]

    row = await stage.webhook()
    assert (row.next_secret, row.next_secret_from) == (None, None)


async def test_one_that_has_leaked_signs_nothing_more(stage: Stage) -> None:
    secret = await changed(stage, timedelta(0))

    assert await verdicts(stage, ["s3cret", secret]) == ["forged", "genuine"]


async def test_a_secret_that_is_changed_again_before_it_signed_never_signs(stage: Stage) -> None:
    lost = await changed(stage, DAY)
    secret = await changed(stage, DAY)
    stage.now += DAY

    assert await verdicts(stage, ["s3cret", lost, secret]) == ["forged", "forged", "genuine"]


async def test_nobody_changes_the_secret_of_another(stage: Stage) -> None:
    other = Actor(APP[0], "another", ActorKind.APP, frozenset({Role.PORTAL_APP}), area="31")
    with pytest.raises(NotFound):
        await changed(stage, DAY, by=other)
