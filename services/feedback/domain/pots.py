"""Pots: what one document approves, and how much of it votes and agendas already hold. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from common.errors import Conflict, FieldError, Invalid, Text

_UNSEEN: Final = frozenset({"Cc", "Cf", "Mn"})  # controls, joiners, marks on what goes before
_BLANK: Final = frozenset("\u115f\u1160")  # fillers of Hangul: letters that show nothing
_GAP: Final = re.compile(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z])")
_YEAR: Final = re.compile(r"[\[({【〔〈](\d{4})[\])}】〕〉]第?0*(?=\d)")


UNKNOWN_BODY: Final = Text(
    "名录中没有此批准机构；见 GET /v1/organisations",
    "no such organisation; see the registry's list",
)


class PotExceeded(Conflict):
    """Money is approved once."""

    slug = "pot-exceeded"
    title = Text("超出批准总额", "More than was approved")
    detail = Text(
        "pot_fen 为 {asked} 分；{document} 批准的总额为 {total} 分，已由公布的票决和清单占用 {held}"
        " 分，尚余 {left} 分。请减少 pot_fen；文件批准的总额大于此的，先由两人附理由更正"
        "（POST /v1/pots/{pot}/corrections）。",
        "pot_fen asks for {asked} fen; {document} approves {total} in all, of which published votes"
        " and agendas hold {held} and {left} are left. Ask for less; where the document approves"
        " more, two people correct its total first (POST /v1/pots/{pot}/corrections).",
    )


class PotDiffers(Conflict):
    """One document approves one sum."""

    slug = "pot-differs"
    title = Text("批准总额不一致", "Another total was told")
    detail = Text(
        "pot_total_fen 为 {told} 分，而 {document} 已登记的总额为 {total} 分，已被占用 {held} 分；"
        "请核对文件：填报有误的，省略 pot_total_fen；登记有误的，由两人附理由更正"
        "（POST /v1/pots/{pot}/corrections）。",
        "pot_total_fen is {told} fen, but {document} is known with {total}, of which {held} are"
        " held. Compare the document: leave pot_total_fen out, or let two people correct the total"
        " with the reason (POST /v1/pots/{pot}/corrections).",
    )


class AnotherMustConfirmTotal(Conflict):
    """Nobody corrects alone what a decision has approved."""

    slug = "another-must-confirm-total"
    title = Text("更正须由另一人确认", "Somebody else has to confirm")
    detail = Text(
        "总额更正为 {total} 分由您提出，须由另一名工作人员以同一请求确认；误提的，请撤回"
        "（POST /v1/pots/{pot}/corrections/withdrawal）。",
        "You have asked for {total} fen: a colleague confirms it by the same request, or it is"
        " taken back (POST /v1/pots/{pot}/corrections/withdrawal).",
    )


class AnotherTotalAsked(Conflict):
    """Two people say the same, or nothing is corrected."""

    slug = "another-total-asked"
    title = Text("待确认的总额不同", "Another total is asked for")
    detail = Text(
        "total_fen 为 {told} 分，而待确认的更正为 {total} 分（{reason}）。请核对文件：确认的，填报"
        "同一总额；不确认的，先撤回（POST /v1/pots/{pot}/corrections/withdrawal）。",
        "total_fen is {told} fen, but {total} are asked for ({reason}). Compare the document: tell"
        " the same to confirm it, or take it back first"
        " (POST /v1/pots/{pot}/corrections/withdrawal).",
    )


class NoCorrectionAsked(Conflict):
    """There is nothing to take back."""

    slug = "no-correction-asked"
    title = Text("没有待确认的更正", "No correction is asked for")
    detail = Text(
        "没有待确认的更正：未曾提出，或已确认。已确认的，请再提出更正。",
        "No correction waits: none was asked, or it is confirmed. What is done is corrected anew.",
    )


class WrongTotal(Invalid):
    """What was sent corrects nothing, or less than is held; `errors` says why."""

    slug = "wrong-total"
    title = Text("更正的总额有误", "Wrong total")


@dataclass(frozen=True, slots=True)
class Pot:
    """What a document approves, and what is held of it."""

    id: UUID
    document: str
    total_fen: int
    held_fen: int


def spelt(document: str) -> str:
    """The number of a document in one spelling: one document is one pot, however it is typed.

    Source: GB/T 9704-2012, 7.2.5: the year in 〔〕, then the number without 第 and leading zeros.
    """
    plain = "".join(filter(_is_seen, unicodedata.normalize("NFKC", document)))
    return _YEAR.sub(r"〔\1〕", _GAP.sub("", plain))


def _is_seen(sign: str) -> bool:
    """Whether a sign shows, or parts what shows."""
    return sign.isspace() or (unicodedata.category(sign) not in _UNSEEN and sign not in _BLANK)


def unnamed(document: str) -> FieldError | None:
    """What is wrong with a number of a document that shows nothing to read, else None."""
    if any(sign.isalnum() for sign in spelt(document)):
        return None
    told = Text(
        "须写明文号，其中没有可见的文字或数字", "a number to read: it shows no letter or digit"
    )
    return FieldError("/pot_document", document, told)


def known_as(document: str, known: Iterable[str]) -> str:
    """How a document is written here: as it is already, else as it is spelt."""
    wanted = spelt(document)
    return next((each for each in known if spelt(each) == wanted), wanted)


def check_room(pot: Pot, asked_fen: int, told_fen: int | None) -> None:
    """Raises `PotDiffers` or `PotExceeded` unless so much more may be held of a document's total.

    Who cites it first says what it approves in all; another total is a correction, by two people.
    """
    known, held = pot.total_fen, pot.held_fen
    if told_fen is not None and told_fen != known:
        raise PotDiffers(told=told_fen, document=pot.document, total=known, held=held, pot=pot.id)
    if held + asked_fen > known:
        left = known - held
        raise PotExceeded(
            asked=asked_fen,
            document=pot.document,
            total=known,
            held=held,
            left=left,
            pot=pot.id,
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """A correction that somebody has asked for."""

    total_fen: int
    reason: str
    asked_by: str


def check_confirmation(pot: Pot, wish: Wish, total_fen: int, by: str) -> None:
    """Raises `AnotherMustConfirmTotal` or `AnotherTotalAsked`."""
    if wish.asked_by == by:
        raise AnotherMustConfirmTotal(total=wish.total_fen, pot=pot.id)
    if wish.total_fen != total_fen:
        raise AnotherTotalAsked(
            told=total_fen, total=wish.total_fen, reason=wish.reason, pot=pot.id
        )


def check_correction(pot: Pot, total_fen: int) -> None:
    """Raises `WrongTotal`: what is held stays covered, and a correction changes something."""
    if total_fen < pot.held_fen:
        told = Text(
            f"不少于已占用的 {pot.held_fen} 分；须再减少的，先撤回占用它的票决或清单",
            f"at least the {pot.held_fen} fen that are held; for less, withdraw a vote or agenda"
            " that holds them",
        )
    elif total_fen == pot.total_fen:
        told = Text(f"与已登记的 {total_fen} 分相同", f"it is {total_fen} fen already")
    else:
        return
    raise WrongTotal(errors=[FieldError("/total_fen", total_fen, told)])
