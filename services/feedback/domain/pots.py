"""Pots: what one document approves, and how much of it votes and agendas already hold. Pure."""

from dataclasses import dataclass

from common.errors import Conflict, Text


class PotExceeded(Conflict):
    """Money is approved once."""

    slug = "pot-exceeded"
    title = Text("超出批准总额", "More than was approved")
    detail = Text(
        "pot_fen 为 {asked} 分；{document} 批准的总额为 {total} 分，已由公布的票决和清单占用 {held}"
        " 分，尚余 {left} 分。请减少 pot_fen；批准的总额大于此的，由首个引用者填写 pot_total_fen。",
        "pot_fen asks for {asked} fen; {document} approves {total} in all, of which published votes"
        " and agendas hold {held} and {left} are left. Ask for less; where the document approves"
        " more, the first that cites it says so in pot_total_fen.",
    )


class PotDiffers(Conflict):
    """One document approves one sum."""

    slug = "pot-differs"
    title = Text("批准总额不一致", "Another total was told")
    detail = Text(
        "pot_total_fen 为 {told} 分，而 {document} 已登记的总额为 {total} 分且已被占用 {held} 分；"
        "请核对文件，或省略 pot_total_fen。",
        "pot_total_fen is {told} fen, but {document} is known with {total}, of which {held} are"
        " held: compare the document, or leave pot_total_fen out.",
    )


@dataclass(frozen=True, slots=True)
class Pot:
    """What a document approves, and what is held of it."""

    document: str
    total_fen: int
    held_fen: int


def total_for(pot: Pot, asked_fen: int, told_fen: int | None) -> int:
    """The total under which so much more may be held. Raises `PotDiffers` or `PotExceeded`.

    A total that was told wrongly is set right while nothing is held under it.
    """
    total, held = pot.total_fen, pot.held_fen
    if not held:
        total = told_fen or asked_fen
    elif told_fen not in {None, total}:
        raise PotDiffers(told=told_fen, document=pot.document, total=total, held=held)
    if held + asked_fen > total:
        left = total - held
        raise PotExceeded(asked=asked_fen, document=pot.document, total=total, held=held, left=left)
    return total
