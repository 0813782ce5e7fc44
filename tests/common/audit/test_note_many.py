"""Many changes noted at once tell what each would tell by itself."""

from types import SimpleNamespace
from typing import Any, cast

from common import audit
from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.ids import uuid7

CLERK = Actor("issuer", "clerk-7", ActorKind.STAFF, frozenset({Role.CLERK}), area="310101")


def test_an_entry_of_many_is_the_entry_of_one() -> None:
    alone, together = (cast("Any", SimpleNamespace(info={"request_id": "r1"})) for _ in range(2))
    record, before, after = uuid7(), {"name": "甲"}, {"name": "乙"}
    audit.note(
        alone,
        CLERK,
        action="venue.import",
        target=("venue", record),
        area="310101002",
        before=before,
        after=after,
        reason="第 2 行",
    )
    change = audit.Change(record, "310101002", before, after, "第 2 行")
    audit.note_many(together, CLERK, action="venue.import", kind="venue", changes=[change])
    (one,), (many,) = alone.info["audit"], together.info["audit"]
    own = {"id", "at"}
    assert one.as_row().keys() == many.as_row().keys()
    assert {k: v for k, v in one.as_row().items() if k not in own} == {
        k: v for k, v in many.as_row().items() if k not in own
    }
