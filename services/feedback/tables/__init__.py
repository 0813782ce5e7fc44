"""The tables of the feedback. Rows and constraints only; no behaviour."""

from feedback.tables.base import Base as Base
from feedback.tables.calendar import CalendarNotice as CalendarNotice
from feedback.tables.cases import Case as Case
from feedback.tables.cases import CaseClock as CaseClock
from feedback.tables.cases import CaseContact as CaseContact
from feedback.tables.cases import CaseEscalation as CaseEscalation
from feedback.tables.cases import CaseStep as CaseStep
from feedback.tables.mirrors import Mirrored as Mirrored

metadata = Base.metadata
