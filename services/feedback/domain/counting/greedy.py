"""The greedy rule: most votes first, skipping what does not fit. Kept for comparison."""

from fractions import Fraction

from feedback.domain.counting.election import Election
from feedback.domain.counting.result import Chosen, Passed, PassedBecause, Result


def greedy(election: Election) -> Result:
    """Projects by votes, equal ones in tie-break order, each taken when what is left pays it.

    Source: the rule of most participatory budgets (Pabulib `greedy`).
    """
    chosen: list[Chosen] = []
    passed: list[Passed] = []
    left = election.pot_fen
    for at in sorted(range(len(election.projects)), key=lambda at: (-election.votes[at], at)):
        cost, votes = election.projects[at].cost_fen, election.votes[at]
        if votes and cost <= left:
            left -= cost
            chosen.append(Chosen(at, len(chosen) + 1, votes))
        else:
            because = PassedBecause.NO_ROOM if votes else PassedBecause.NOBODY
            passed.append(Passed(at, votes, because, cost, Fraction(left)))
    return Result(tuple(chosen), tuple(passed), election.pot_fen - left)
