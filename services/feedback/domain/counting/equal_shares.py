"""The Method of Equal Shares with cost utility, completed by raising everybody's share.

Source: Peters, Pierczynski, Skowron, "Proportional participatory budgeting with additive utilities"
(NeurIPS 2021), with the add-one completion that Pabulib names `equalshares/add1`.
"""

from fractions import Fraction
from typing import Final

from common.errors import Conflict, Text
from feedback.domain.counting.election import Election
from feedback.domain.counting.purses import Ending, Purchase, Purses
from feedback.domain.counting.result import Chosen, Passed, PassedBecause, Result

LONGEST: Final = 20_000  # steps; a sensible step needs some hundred


class CountTooLong(Conflict):
    """The step is so small beside the prices that the share would grow for hours."""

    slug = "count-too-long"
    title = Text("计票步长过小", "The step is too small")
    detail = Text(
        "步长 {step_fen} 分过小：{steps} 步后仍未完成，请以更大的步长重新组织投票。",
        "A step of {step_fen} fen is too small: not done after {steps} steps; vote again with a "
        "greater one.",
    )


def equal_shares(election: Election, *, step_fen: int) -> Result:
    """Who is chosen by equal shares with add-one completion.

    Each voter begins with an equal share of the pot. Again and again the project is bought whose
    supporters pay least per fen of its value, equally, and at most what they have left; of equal
    ones the first in tie-break order. Then the share grows to the next whole number of `step_fen`
    and all is bought anew, until that would cost more than the pot, or everything is bought; what
    was bought last within the pot is chosen. Only that last run has to be bought to its end; of
    the others no more has to be known than how they end. Raises `CountTooLong`.
    """
    if not election.voters:
        return _result(election, [], Purses(election, Fraction(0)), Fraction(0), 0)
    share, steps = Fraction(election.pot_fen, election.voters), 0
    purses = Purses(election, share)
    ending = purses.foresee(0)
    while ending is Ending.SHORT:
        if steps == LONGEST:
            raise CountTooLong(step_fen=step_fen, steps=steps)
        raised = Fraction((share // step_fen + 1) * step_fen)
        more = Purses(election, raised)
        ending = more.foresee(purses.purchases)
        if ending is not Ending.TOO_DEAR:
            share, purses, steps = raised, more, steps + 1
    return _result(election, purses.buy_all(), purses, share, steps)


def _result(
    election: Election, bought: list[Purchase], purses: Purses, share: Fraction, steps: int
) -> Result:
    chosen = tuple(
        Chosen(p.project, at, election.votes[p.project], p.price, p.full_payers, p.part_payers)
        for at, p in enumerate(bought, 1)
    )
    names = {each.project for each in chosen}
    passed = tuple(
        _passed(election, at, purses) for at in range(len(election.projects)) if at not in names
    )
    return Result(chosen, passed, election.cost(names), share, steps)


def _passed(election: Election, at: int, purses: Purses) -> Passed:
    cost, votes = election.projects[at].cost_fen, election.votes[at]
    if not votes:
        return Passed(at, votes, PassedBecause.NOBODY, cost, Fraction(0))
    if cost > election.pot_fen:
        pot = Fraction(election.pot_fen)
        return Passed(at, votes, PassedBecause.DEARER_THAN_POT, cost, pot)
    return Passed(at, votes, PassedBecause.SUPPORTERS_SPENT, cost, purses.held_by(at))
