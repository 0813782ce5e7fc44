"""A webhook is told what its app may know, while it is switched on and nobody takes it away."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update

from common.auth import portal_app
from common.auth.actor import Actor
from common.auth.admission import ISSUER
from common.auth.roles import ActorKind, Role
from common.errors import Problem
from common.exchange import subscriptions, webhooks
from common.exchange.sending import HELD
from common.exchange.tables import DataSubscription, Webhook
from common.ids import uuid7
from tests.common.exchange.stage import APP, OPERATOR, Stage, hook
from tests.common.feed.things import put


def subscription() -> DataSubscription:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return DataSubscription(
        id=uuid7(),
        app_issuer=APP[0],
        app=APP[1],
        kind="secret",
        area="310101",
        purpose="x",
        basis="x",
        status="active",
        conditions="x",
        valid_to=at.date() + timedelta(60),
        requested_at=at,
        version=3,
    )


async def test_what_is_shared_on_condition_is_sent_within_its_subscription_alone(
    stage: Stage,
) -> None:
    private = hook(stage.keys, kind="secret")
    (inside,) = await stage.things.add(area="310101002000")
    (outside,) = await stage.things.add(area="310105001000")
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(text("DELETE FROM webhook"))
        session.add(private)
    assert await stage.send() == 0
    async with stage.things.opened.sessions.begin() as session:
        session.add(subscription())
    await stage.send(after=timedelta(minutes=10))
    assert list(stage.to.numbers) == [str(inside)]
    async with stage.things.opened.sessions.begin() as session:
        await put(session, inside, area="310105001000")  # it moves away: told as deleted
        await put(session, outside, name="b", area="310105001000")
    await stage.send()

    assert [(m["row_guid"], m["cd_operation"], m["data"]) for m in stage.to.got[1:]] == [
        (str(inside), "D", None)
    ]


@pytest.mark.parametrize("issuer", [ISSUER, APP[0]])
async def test_an_app_that_is_switched_off_is_told_nothing_however_it_calls(
    stage: Stage, issuer: str
) -> None:
    async with stage.things.opened.sessions.begin() as session:
        await session.execute(update(Webhook).values(app_issuer=issuer))
        await portal_app.register(
            session, stage.keys, APP[1], name="x", area="31", now=stage.now, allow_list=[]
        )
        (await portal_app.app_for_update(session, APP[1])).active = False
    await stage.things.add()
    assert await stage.send() == 0
    async with stage.things.opened.sessions.begin() as session:
        (await portal_app.app_for_update(session, APP[1])).active = True

    assert await stage.send(after=HELD) == 1


async def test_who_operates_the_system_takes_a_webhook_away_and_is_written_down(
    stage: Stage,
) -> None:
    await stage.things.add()
    async with stage.things.opened.sessions.begin() as session:
        await webhooks.remove(session, stage.hook, by=OPERATOR)
        (written,) = session.info["audit"]

    assert await stage.send() == 0
    assert (written.actor, written.action) == (OPERATOR, "webhook.remove")
    assert (written.target_id, written.after["app"]) == (str(stage.hook), APP[1])


async def test_two_acceptances_at_once_leave_one_active(stage: Stage) -> None:
    reader = Actor(*APP, ActorKind.APP, frozenset({Role.PORTAL_APP}), area="31")
    active, asked = subscription(), subscription()
    asked.status = "approved"
    move = subscriptions.Move(asked.id, 3, stage.now)
    async with stage.things.opened.sessions.begin() as session:
        session.add_all([active, asked])

    async def accept() -> str:
        try:
            async with stage.things.opened.sessions.begin() as session:
                return (await subscriptions.subscribe(session, move, by=reader)).status
        except Problem as refusal:
            return refusal.slug

    assert sorted(await asyncio.gather(accept(), accept())) == ["active", "stale-version"]
    async with stage.things.opened.sessions() as session:
        found = await session.execute(text("SELECT id, status FROM data_subscription"))
    assert dict(map(tuple, found)) == {active.id: "ended", asked.id: "active"}
