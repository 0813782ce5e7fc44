"""Which feeds the procurement follows, and what each does here: a new effect is one more word."""

from collections.abc import Sequence
from typing import Final

from common import following, notices, recounts
from common.app import Resources
from common.contracts.feeds import Kind
from common.following import Followed, mirror
from common.worker import Job
from procurement.usecases import agenda, providers, rating_told

FOLLOWED: Final[Followed] = {
    # registry
    Kind.AREA: (mirror,),
    Kind.ORGANISATION: (mirror, providers.follow),
    Kind.SERVICE_ITEM: (mirror,),
    Kind.OFFERING: (mirror,),
    Kind.DICTIONARY_ENTRY: (mirror,),
    Kind.FUND: (mirror,),
    Kind.PROGRAMME: (mirror,),
    Kind.BUNDLE: (mirror,),
    Kind.CONCESSION: (mirror,),
    # matching
    Kind.REFERRAL: (mirror,),
    Kind.COLLECTIVE_NEED: (mirror,),
    Kind.GAP: (mirror,),
    # feedback
    Kind.RATING: (rating_told.ratings,),
    Kind.CASE: (mirror, rating_told.cases),
    Kind.AGENDA: (mirror, agenda.receive),
    Kind.ASSESSMENT: (mirror,),
    Kind.CALENDAR_NOTICE: (recounts.later, notices.follow),
}


def jobs(resources: Resources) -> Sequence[Job]:
    """One job a feed, as far as the addresses are known."""
    return following.jobs(resources.settings, resources.database.sessions, FOLLOWED)
