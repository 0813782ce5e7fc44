"""What a count says: who was chosen in which order, who was not, and why, in numbers."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from common.errors import Text
from common.money import yuan


class PassedBecause(StrEnum):
    """Why a project was not chosen."""

    NOBODY = "nobody"  # 无人支持
    DEARER_THAN_POT = "dearer_than_pot"  # 造价高于资金总额
    SUPPORTERS_SPENT = "supporters_spent"  # 支持者余额不足
    NO_ROOM = "no_room"  # 剩余资金不足


@dataclass(frozen=True, slots=True)
class Chosen:
    """A chosen project. Under greedy nobody pays, so there is no price."""

    project: int
    position: int
    votes: int
    price_fen: Fraction | None = None
    full_payers: int = 0
    part_payers: int = 0

    @property
    def reason(self) -> Text:
        """The sentence that goes with it; anybody can recompute it from the ballots."""
        if self.price_fen is None:
            return Text(
                f"得 {self.votes} 票，列第 {self.position} 位，剩余资金足够。",
                f"{self.votes} votes, place {self.position}; what was left was enough.",
            )
        price = yuan(int(self.price_fen))
        return Text(
            f"第 {self.position} 个当选：{self.votes} 位支持者分摊，每份 {price} 元"
            f"（{self.full_payers} 人足额，{self.part_payers} 人付尽余额），"
            "是当时单位价值分摊最低的项目。",
            f"Chosen as no. {self.position}: its {self.votes} supporters share the price at "
            f"{price} yuan each ({self.full_payers} in full, {self.part_payers} with all they had "
            "left), the least per unit of value at that point.",
        )


@dataclass(frozen=True, slots=True)
class Passed:
    """A project that was not chosen; `held_fen` is what there was for it when it was passed."""

    project: int
    votes: int
    because: PassedBecause
    cost_fen: int
    held_fen: Fraction

    @property
    def reason(self) -> Text:
        """The sentence that goes with it."""
        cost, held = yuan(self.cost_fen), yuan(int(self.held_fen))
        return {
            PassedBecause.NOBODY: Text("无人支持。", "Nobody supported it."),
            PassedBecause.DEARER_THAN_POT: Text(
                f"造价 {cost} 元高于资金总额 {held} 元。",
                f"It costs {cost} yuan, more than the whole pot of {held}.",
            ),
            PassedBecause.SUPPORTERS_SPENT: Text(
                f"造价 {cost} 元，{self.votes} 位支持者余额合计 {held} 元，不足以分摊。",
                f"It costs {cost} yuan; its {self.votes} supporters had {held} left together.",
            ),
            PassedBecause.NO_ROOM: Text(
                f"造价 {cost} 元，轮到时剩余资金 {held} 元。",
                f"It costs {cost} yuan; {held} were left when its turn came.",
            ),
        }[self.because]


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a count. `share_fen` is what each voter had at last, `steps` how it grew."""

    chosen: tuple[Chosen, ...]
    passed: tuple[Passed, ...]
    cost_fen: int
    share_fen: Fraction | None = None
    steps: int = 0
