"""How ballots become a list of projects: equal shares with add-one completion, and greedy.

Pure and exact: money is whole fen, shares are ratios, nothing is decided by a rounded number.
"""

from feedback.domain.counting.election import Election as Election
from feedback.domain.counting.election import Project as Project
from feedback.domain.counting.election import WrongElection as WrongElection
from feedback.domain.counting.equal_shares import CountTooLong as CountTooLong
from feedback.domain.counting.equal_shares import equal_shares as equal_shares
from feedback.domain.counting.greedy import greedy as greedy
from feedback.domain.counting.result import Chosen as Chosen
from feedback.domain.counting.result import Passed as Passed
from feedback.domain.counting.result import PassedBecause as PassedBecause
from feedback.domain.counting.result import Result as Result
