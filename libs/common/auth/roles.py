"""Who a caller can be: kinds and roles, the same few in every service. Words only, no rules."""

from enum import StrEnum
from typing import Final


class ActorKind(StrEnum):
    """What stands behind a call."""

    ANONYMOUS = "anonymous"
    RESIDENT = "resident"
    STAFF = "staff"
    SERVICE = "service"
    APP = "app"


class Role(StrEnum):
    """What a caller is trusted with. A caller may hold several; administrators hold exactly one."""

    PUBLIC = "public"
    RESIDENT = "resident"
    PROVIDER = "provider"
    GRID_WORKER = "grid_worker"
    CLERK = "clerk"
    VENUE_HEAD = "venue_head"
    STREET_HEAD = "street_head"
    DISTRICT_OFFICE = "district_office"
    CITY_OFFICE = "city_office"
    PANEL_EXPERT = "panel_expert"
    DEPUTY = "deputy"
    PORTAL_APP = "portal_app"
    SERVICE = "service"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDITOR = "auditor"


EVERYONE: Final = frozenset(Role)
SUPERIORS: Final = frozenset({Role.DISTRICT_OFFICE, Role.CITY_OFFICE})
OFFICES: Final = SUPERIORS | {Role.STREET_HEAD}
DESKS: Final = OFFICES | {Role.CLERK}
HOUSES: Final = DESKS | {Role.VENUE_HEAD}
STAFF: Final = HOUSES | {Role.GRID_WORKER}
SIGNED_IN: Final = frozenset({Role.RESIDENT, Role.PROVIDER})  # natural, legal persons
ADMINISTRATORS: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})

# Persons outside the administration (an expert, a deputy, a provider's manager) may sign in
# through the residents' portal or through the staff's.
_PERSONS: Final = frozenset({Role.PUBLIC, Role.PROVIDER, Role.PANEL_EXPERT, Role.DEPUTY})
ROLES_OF_KIND: Final = {
    ActorKind.ANONYMOUS: frozenset({Role.PUBLIC}),
    ActorKind.RESIDENT: _PERSONS | {Role.RESIDENT},
    ActorKind.STAFF: _PERSONS | STAFF | ADMINISTRATORS,
    ActorKind.SERVICE: frozenset({Role.PUBLIC, Role.SERVICE}),
    ActorKind.APP: frozenset({Role.PUBLIC, Role.PORTAL_APP}),
}


def compatible(kind: ActorKind, roles: frozenset[Role]) -> bool:
    """Whether one caller of `kind` may hold these roles together.

    An administrator (系统, 安全, 审计) holds that role alone: nobody combines two of them, and
    none of them does business with the same token.
    """
    held = roles - {Role.PUBLIC}
    alone = len(held) == 1 or held.isdisjoint(ADMINISTRATORS)
    return alone and roles <= ROLES_OF_KIND[kind]
