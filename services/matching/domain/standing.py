"""What a standing is worth on a day: declared, verified, expired or refused. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from common.contracts.matching_needs import StandingKind, StandingStatus
from common.errors import FieldError, Invalid, Text

_VERIFIED: Final = StandingStatus.VERIFIED


class WrongVerification(Invalid):
    """The verification contradicts itself; `errors` says where."""

    slug = "wrong-verification"
    title = Text("核验内容有误", "Wrong verification")


@dataclass(frozen=True, slots=True)
class Claim:
    """A standing as it is kept."""

    kind: StandingKind
    verified_at: datetime | None
    expires_on: date | None
    is_refused: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A claim with its grade."""

    claim: Claim
    grade: int | None


def status(claim: Claim, day: date) -> StandingStatus:
    """Where a claim stands on a day; its last day still counts."""
    if claim.is_refused:
        return StandingStatus.REFUSED
    if claim.verified_at is None:
        return StandingStatus.DECLARED
    if claim.expires_on is not None and claim.expires_on < day:
        return StandingStatus.EXPIRED
    return StandingStatus.VERIFIED


def kinds(claims: Iterable[Claim], day: date) -> tuple[frozenset[str], frozenset[str]]:
    """The kinds that count as verified, and those that count as merely declared.

    An expired one is what it was before anybody looked: a claim. A refused one counts for nothing.
    """
    found: dict[StandingStatus, set[str]] = {word: set() for word in StandingStatus}
    for claim in claims:
        found[status(claim, day)].add(claim.kind.value)
    declared = found[StandingStatus.DECLARED] | found[StandingStatus.EXPIRED]
    return frozenset(found[StandingStatus.VERIFIED]), frozenset(declared)


def must_wait(held: Held, grade: int | None) -> bool:
    """Whether what the person says now waits for a look: somebody looked and found otherwise.

    No grade is no other grade. Who was refused and says it again asks for another look.
    """
    if held.claim.verified_at is None:
        return False
    return held.claim.is_refused or grade not in {None, held.grade}


def check_grade(
    held: Held, waiting: int | None, *, confirmed: bool, grade: int | None, today: date
) -> None:
    """Refuse a verification that leaves open which grade it found, while another one waits."""
    if waiting is None:
        return
    if confirmed and grade is None:
        told = Text(
            f"居民另称 {waiting} 级，请写明认定的等级",
            f"the resident claims grade {waiting} since; name the grade that was found",
        )
    elif not confirmed and grade == waiting and status(held.claim, today) is _VERIFIED:
        told = Text(
            f"另称的 {waiting} 级不符而 {held.grade} 级仍有效的，请确认 {held.grade} 级",
            f"where grade {waiting} is not so and grade {held.grade} still is, confirm that one",
        )
    else:
        return
    raise WrongVerification(errors=[FieldError("/grade", grade, told)])


def check_verification(determined_on: date, expires_on: date | None, today: date) -> None:
    """Refuse a determination in the future, and an end before its beginning or in the past."""
    errors = []
    if determined_on > today:
        told = Text("认定日期不能晚于今天", "cannot be later than today")
        errors.append(FieldError("/determined_on", str(determined_on), told))
    if expires_on is not None and expires_on < max(determined_on, today):
        told = Text("有效期已过或早于认定日期", "has passed, or precedes the determination")
        errors.append(FieldError("/expires_on", str(expires_on), told))
    if errors:
        raise WrongVerification(errors=errors)
