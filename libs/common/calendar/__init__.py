"""Working days by the official calendar: dated notices in, explained deadlines out.

Pure: no clock. Days are `date` in the city's zone. The decision is docs/decisions/0009.
"""

from common.calendar.days import Calendar as Calendar
from common.calendar.days import NotCovered as NotCovered
from common.calendar.deadlines import Deadline as Deadline
from common.calendar.deadlines import Reason as Reason
from common.calendar.deadlines import Step as Step
from common.calendar.notices import Confidence as Confidence
from common.calendar.notices import Holiday as Holiday
from common.calendar.notices import Notice as Notice
from common.calendar.notices import WrongNotice as WrongNotice
from common.calendar.notices import packaged_notices as packaged_notices
from common.calendar.notices import read_notice as read_notice
