"""The tables of the feedback. Rows and constraints only; no behaviour."""

from feedback.tables.attachments import Attachment as Attachment
from feedback.tables.base import Base as Base
from feedback.tables.calendar import CalendarNotice as CalendarNotice
from feedback.tables.cases import Case as Case
from feedback.tables.cases import CaseClock as CaseClock
from feedback.tables.cases import CaseContact as CaseContact
from feedback.tables.cases import CaseEscalation as CaseEscalation
from feedback.tables.cases import CaseStep as CaseStep
from feedback.tables.dispatches import Dispatch as Dispatch
from feedback.tables.ideas import Idea as Idea
from feedback.tables.issues import Issue as Issue
from feedback.tables.issues import IssueStep as IssueStep
from feedback.tables.mirrors import Mirrored as Mirrored
from feedback.tables.proposals import Proposal as Proposal
from feedback.tables.proposals import ProposalSupport as ProposalSupport
from feedback.tables.ratings import Appeal as Appeal
from feedback.tables.ratings import BadRating as BadRating
from feedback.tables.ratings import Contacts as Contacts
from feedback.tables.ratings import Delivery as Delivery
from feedback.tables.ratings import Device as Device
from feedback.tables.ratings import Rating as Rating
from feedback.tables.ratings import RatingVersion as RatingVersion
from feedback.tables.releases import Figure as Figure
from feedback.tables.releases import Release as Release
from feedback.tables.statistics import Tally as Tally
from feedback.tables.statistics import TallyChange as TallyChange
from feedback.tables.supervision import Deputy as Deputy
from feedback.tables.supervision import DeskDay as DeskDay
from feedback.tables.supervision import Supervision as Supervision
from feedback.tables.votes import CountedBallot as CountedBallot
from feedback.tables.votes import PaperSheet as PaperSheet
from feedback.tables.votes import RollEntry as RollEntry
from feedback.tables.votes import Urn as Urn
from feedback.tables.votes import UrnKey as UrnKey
from feedback.tables.votes import Vote as Vote
from feedback.tables.votes import VoteOption as VoteOption
from feedback.tables.votes import VoteResult as VoteResult
from feedback.tables.votes import VotingCard as VotingCard

metadata = Base.metadata
