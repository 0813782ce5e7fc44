"""The matching's tables. Rows and constraints only; no behaviour."""

from matching.tables.allocation import AllocationChoice as AllocationChoice
from matching.tables.allocation import AllocationFile as AllocationFile
from matching.tables.allocation import AllocationHold as AllocationHold
from matching.tables.allocation import AllocationPrice as AllocationPrice
from matching.tables.allocation import AllocationRun as AllocationRun
from matching.tables.base import Base as Base
from matching.tables.benefits import Benefit as Benefit
from matching.tables.cases import CaseNeed as CaseNeed
from matching.tables.cases import CasePlan as CasePlan
from matching.tables.cases import CaseStep as CaseStep
from matching.tables.collective_needs import CollectiveNeed as CollectiveNeed
from matching.tables.coverage import Coverage as Coverage
from matching.tables.coverage import CoverageSurvey as CoverageSurvey
from matching.tables.coverage import Gap as Gap
from matching.tables.mirrors import Mirrored as Mirrored
from matching.tables.needs import Duty as Duty
from matching.tables.needs import Need as Need
from matching.tables.needs import Profile as Profile
from matching.tables.needs import Standing as Standing
from matching.tables.outreach import OutreachConsent as OutreachConsent
from matching.tables.outreach import OutreachOffer as OutreachOffer
from matching.tables.places import Capacity as Capacity
from matching.tables.places import Supply as Supply
from matching.tables.recounts import Recount as Recount
from matching.tables.referrals import Referral as Referral
from matching.tables.rooms import Room as Room
from matching.tables.rules import RuleEdition as RuleEdition

metadata = Base.metadata
