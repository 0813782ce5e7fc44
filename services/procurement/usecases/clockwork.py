"""Who acts when nobody does: the clock itself."""

from typing import Final

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role

CLOCKWORK: Final = Actor("linli", "procurement", ActorKind.SERVICE, frozenset({Role.SERVICE}))
