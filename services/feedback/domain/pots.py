"""Pots: what one document approves, and how much of it votes and agendas already hold. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from common.errors import Conflict, FieldError, Invalid, Text

_UNSEEN: Final = re.compile(r"[\u200b-\u200f\u2060\ufeff]")
_GAP: Final = re.compile(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z])")
_YEAR: Final = re.compile(r"[\[({【〔〈](\d{4})[\])}】〕〉]第?0*(?=\d)")


class PotExceeded(Conflict):
    """Money is approved once."""

    slug = "pot-exceeded"
    title = Text("超出批准总额", "More than was approved")
    detail = Text(
        "pot_fen 为 {asked} 分；{document} 批准的总额为 {total} 分，已由公布的票决和清单占用 {held}"
        " 分，尚余 {left} 分。请减少 pot_fen；文件批准的总额大于此的，请先附理由更正"
        "（POST /v1/pots/{pot}/corrections）。",
        "pot_fen asks for {asked} fen; {document} approves {total} in all, of which published votes"
        " and agendas hold {held} and {left} are left. Ask for less; where the document approves"
        " more, correct its total first, with the reason (POST /v1/pots/{pot}/corrections).",
    )


class PotDiffers(Conflict):
    """One document approves one sum."""

    slug = "pot-differs"
    title = Text("批准总额不一致", "Another total was told")
    detail = Text(
        "pot_total_fen 为 {told} 分，而 {document} 已登记的总额为 {total} 分且已被占用 {held} 分；"
        "请核对文件：填报有误的，省略 pot_total_fen；登记有误的，附理由更正"
        "（POST /v1/pots/{pot}/corrections）。",
        "pot_total_fen is {told} fen, but {document} is known with {total}, of which {held} are"
        " held. Compare the document: leave pot_total_fen out, or correct the total with the reason"
        " (POST /v1/pots/{pot}/corrections).",
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
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", document))
    return _YEAR.sub(r"〔\1〕", _GAP.sub("", plain))


def known_as(document: str, known: Iterable[str]) -> str:
    """How a document is written here: as it is already, else as it is spelt."""
    wanted = spelt(document)
    return next((each for each in known if spelt(each) == wanted), wanted)


def total_for(pot: Pot, asked_fen: int, told_fen: int | None) -> int:
    """The total under which so much more may be held. Raises `PotDiffers` or `PotExceeded`.

    While nothing is held, whoever cites the document may tell another total. Who tells none goes by
    the one that is known.
    """
    known, held = pot.total_fen, pot.held_fen
    total = told_fen or known
    if held and total != known:
        raise PotDiffers(told=told_fen, document=pot.document, total=known, held=held, pot=pot.id)
    if held + asked_fen > total:
        left = total - held
        raise PotExceeded(
            asked=asked_fen,
            document=pot.document,
            total=total,
            held=held,
            left=left,
            pot=pot.id,
        )
    return total


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
