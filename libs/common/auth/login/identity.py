"""Who signed in, as a provider vouches for it: no name, no certificate number. Pure.

Source: the three assurance levels and the subject kinds 自然人, 法人 of unified identity
authentication as its published interfaces name them (reference china 1.5); which method earns which
level is the provider's word, given by setting.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Final
from uuid import UUID

from common.auth.roles import ActorKind, Role
from common.codes import WrongCode, check_credit_code
from common.codes.division import Division, Level, WrongDivisionCode
from common.errors import Text, Unauthenticated

LONGEST: Final = 200


class SubjectKind(StrEnum):
    """What signed in."""

    NATURAL = "natural"  # 自然人
    LEGAL = "legal"  # 法人


class Assurance(IntEnum):
    """How sure the provider is."""

    L1 = 1  # 账号口令或短信
    L2 = 2  # 实名核验
    L3 = 3  # 实人核验、数字证书


class SignInRefused(Unauthenticated):
    """The family of what can go wrong between the provider and us."""

    slug = "sign-in-refused"
    title = Text("登录未完成", "Not signed in")
    detail = Text("登录未完成，请重新登录。", "The sign-in did not succeed; begin again.")


class SignInExpired(SignInRefused):
    """Begun too long ago, elsewhere, or by somebody else."""

    slug = "sign-in-expired"
    detail = Text(
        "登录已过期或不是由本浏览器发起，请重新登录。",
        "This sign-in is over, or was begun in another browser; begin again.",
    )


class IdentityUnusable(SignInRefused):
    """The provider's word about who it is cannot be read."""

    slug = "identity-unusable"
    detail = Text(
        "身份认证平台返回的身份信息不完整，不能登录。",
        "What the identity provider says about the subject cannot be used.",
    )


@dataclass(frozen=True, slots=True)
class Identity:
    """A subject of a provider. `organisation` is the credit code of a legal person."""

    provider: str
    subject: str
    kind: SubjectKind
    assurance: Assurance
    organisation: str | None = None
    home: str | None = None  # 12-digit code of a neighbourhood, where the provider has verified it


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a provider's answer says what; paths are dotted.

    `kinds` and `levels` translate the provider's words. A word that is not listed is a natural
    person, or the lowest level: trust is given by name, never by default.
    """

    subject: str = "sub"
    kind: str = "subject_type"
    level: str = "acr"
    organisation: str = "uscc"
    home: str | None = None
    kinds: Mapping[str, SubjectKind] = field(default_factory=dict)
    levels: Mapping[str, Assurance] = field(default_factory=dict)

    def identity(self, provider: str, said: Mapping[str, Any]) -> Identity:
        """The identity in an answer. Raises `IdentityUnusable`."""
        subject = at(said, self.subject)
        kind = self.kinds.get(str(at(said, self.kind)), SubjectKind.NATURAL)
        level = self.levels.get(str(at(said, self.level)), Assurance.L1)
        if not isinstance(subject, str | int) or not 0 < len(str(subject)) <= LONGEST:
            raise IdentityUnusable
        code = _organisation(at(said, self.organisation)) if kind is SubjectKind.LEGAL else None
        is_known = kind is SubjectKind.NATURAL and level >= Assurance.L2
        home = self._home(said) if is_known else None
        return Identity(provider, str(subject), kind, level, code, home)

    def _home(self, said: Mapping[str, Any]) -> str | None:
        """The verified home of a person who is known by name; None where nobody vouches for it.

        Read only where a path is configured, and of no sign-in below level 2 (the caller's word).
        What is no neighbourhood is no home: the person signs in all the same, and a desk verifies.
        """
        if self.home is None:
            return None
        try:
            found = Division.parse(str(at(said, self.home)))
        except WrongDivisionCode:
            return None
        return found.code if found.level is Level.NEIGHBOURHOOD else None


def at(said: Any, path: str) -> Any:
    """What stands at a dotted path; None where the way ends."""
    for name in path.split("."):
        said = said.get(name) if isinstance(said, Mapping) else None
    return said


def claims_of(identity: Identity, organisation_id: UUID | None) -> dict[str, Any]:
    """What a token of ours says of an identity.

    A natural person is a resident. A legal person acts for its organisation, once the registry
    knows it; one that it does not know is signed in, and may do what the public may.
    """
    claims: dict[str, Any] = {
        "sub": f"{identity.provider}:{identity.subject}",
        "kind": str(ActorKind.RESIDENT),
        "subject_kind": str(identity.kind),
        "acr": f"L{identity.assurance}",
    }
    if identity.kind is SubjectKind.NATURAL:
        home = {} if identity.home is None else {"area": identity.home}
        return claims | home | {"roles": [str(Role.RESIDENT)]}
    if organisation_id is None:
        return claims | {"roles": []}
    return claims | {"roles": [str(Role.PROVIDER)], "org": str(organisation_id)}


def _organisation(code: Any) -> str:
    """A legal person is known by its credit code, or not at all."""
    try:
        return check_credit_code(str(code))
    except WrongCode as fault:
        raise IdentityUnusable from fault
