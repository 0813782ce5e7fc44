"""A caller kept with a job: the import acts with the rights its owner had when asking."""

from typing import Any
from uuid import UUID

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role


def kept(actor: Actor) -> dict[str, Any]:
    """A caller as JSON."""
    return {
        "issuer": actor.issuer,
        "subject": actor.subject,
        "kind": actor.kind.value,
        "roles": sorted(actor.roles),
        "area": actor.area,
        "line": actor.line,
        "org": None if actor.org is None else str(actor.org),
    }


def restored(kept_actor: dict[str, Any]) -> Actor:
    """The caller again. Staff only: residents, whose names are veiled, import nothing."""
    org = kept_actor["org"]
    return Actor(
        issuer=kept_actor["issuer"],
        subject=kept_actor["subject"],
        kind=ActorKind(kept_actor["kind"]),
        roles=frozenset(Role(role) for role in kept_actor["roles"]),
        area=kept_actor["area"],
        line=kept_actor["line"],
        org=None if org is None else UUID(org),
    )
