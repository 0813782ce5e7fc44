"""Who calls, and what this caller may touch. A pure value: no I/O, no keys, no clock.

Every check denies by default: a missing or malformed area, line or organisation covers nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from common.auth.permissions import Permission
from common.auth.roles import OFFICES, ActorKind, Role
from common.errors import Forbidden, Text, Unauthenticated

AREA_DIGITS: Final = frozenset({2, 4, 6, 9, 12})
ALL_LINES: Final = "*"
CONSOLE: Final = "urn:linli:console"  # who types commands on a machine of the installation


class PermissionMissing(Forbidden):
    """No role of the caller holds the permission."""

    slug = "permission-missing"
    detail = Text("当前角色没有权限：{permission}。", "No role of this caller holds {permission}.")


class OutOfArea(Forbidden):
    """The record lies outside the caller's area."""

    slug = "out-of-area"
    title = Text("超出辖区", "Outside the area")
    detail = Text("该记录不在当前辖区范围内。", "The record lies outside this caller's area.")


class OutOfLine(Forbidden):
    """The record belongs to another department line."""

    slug = "out-of-line"
    title = Text("超出条线", "Outside the line")
    detail = Text("该记录不属于当前条线。", "The record belongs to another department line.")


class NotYourOrganisation(Forbidden):
    """The caller does not act for the organisation."""

    slug = "not-your-organisation"
    title = Text("非本机构", "Not your organisation")
    detail = Text("只能办理本机构的事项。", "This caller does not act for that organisation.")


def is_area(code: str | None) -> bool:
    """Whether `code` is significant digits of a division code: 2, 4, 6, 9 or 12 of them."""
    return code is not None and len(code) in AREA_DIGITS and code.isascii() and code.isdigit()


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller. `area` is a prefix of significant digits, `line` a department line or "*".

    `level` is how surely the sign-in knows the person, 1 to 3 (`acr`); 0 where it does not say.
    """

    issuer: str
    subject: str = field(repr=False)
    kind: ActorKind
    roles: frozenset[Role]
    area: str | None = None
    line: str | None = None
    org: UUID | None = None
    level: int = 0
    veil: Callable[[str], str] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def anonymous(cls) -> Self:
        """Nobody in particular: what is published is open to them, nothing else."""
        return cls("", "anonymous", ActorKind.ANONYMOUS, frozenset({Role.PUBLIC}))

    @property
    def is_anonymous(self) -> bool:
        """Whether the call came without any credential."""
        return self.kind is ActorKind.ANONYMOUS

    def alias(self, purpose: str) -> str:
        """The name under which this caller is written down.

        Staff, services and apps answer under their own subject. A resident is a keyed pseudonym,
        another one for each purpose, so that two purposes cannot be joined without the key;
        without the key there is no name at all rather than the plain one.
        """
        if self.kind is not ActorKind.RESIDENT:
            return self.subject
        if self.veil is None:
            raise LookupError("a resident has no name here: the pseudonym key is not configured")
        return self.veil(purpose)

    def may(self, permission: Permission) -> bool:
        """Whether some role of the caller holds the permission."""
        return Role.PUBLIC in permission.roles or not permission.roles.isdisjoint(self.roles)

    def must(self, permission: Permission) -> None:
        """401 for nobody, 403 for somebody else."""
        if self.may(permission):
            return
        raise Unauthenticated if self.is_anonymous else PermissionMissing(permission=permission)

    def covers(self, area_code: str | None) -> bool:
        """Whether an area (12-digit code or significant digits) lies under the caller's."""
        mine = self.area
        return is_area(mine) and is_area(area_code) and str(area_code).startswith(str(mine))

    def must_cover(self, area_code: str | None) -> None:
        """403 `out-of-area` unless the area lies under the caller's."""
        if not self.covers(area_code):
            raise OutOfArea

    def acts_for(self, organisation_id: UUID | None) -> bool:
        """Whether the caller speaks for the organisation."""
        return self.org is not None and self.org == organisation_id

    def must_act_for(self, organisation_id: UUID | None) -> None:
        """403 `not-your-organisation` unless the caller speaks for it."""
        if not self.acts_for(organisation_id):
            raise NotYourOrganisation

    def must_reach(self, area_code: str | None, organisation_id: UUID | None = None) -> None:
        """The scope `area` for one record: a provider by its organisation, all others by area."""
        if Role.PROVIDER in self.roles and self.acts_for(organisation_id):
            return
        if self.roles <= {Role.PROVIDER, Role.PUBLIC, Role.RESIDENT}:
            raise NotYourOrganisation
        self.must_cover(area_code)

    def sees_line(self, line: str | None) -> bool:
        """Whether records of a department line are this caller's business.

        Heads and offices may stand over all lines, said by the claim "*"; a clerk never does.
        """
        if self.line == ALL_LINES:
            return not self.roles.isdisjoint(OFFICES)
        return self.line is not None and self.line == line

    def must_see_line(self, line: str | None) -> None:
        """403 `out-of-line` unless the line is the caller's."""
        if not self.sees_line(line):
            raise OutOfLine
