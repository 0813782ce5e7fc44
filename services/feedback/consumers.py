"""Which feeds the feedback follows, and what each does here: a new effect is one more word."""

from collections.abc import Sequence
from typing import Final

from common import following
from common.app import Resources
from common.contracts.feeds import Kind
from common.following import Followed, mirror
from common.worker import Job
from feedback.usecases import deliveries, voted

FOLLOWED: Final[Followed] = {
    # registry
    Kind.AREA: (mirror,),
    Kind.ORGANISATION: (mirror,),
    Kind.VENUE: (mirror,),
    Kind.SERVICE_ITEM: (mirror,),
    Kind.OFFERING: (mirror,),
    Kind.DICTIONARY_ENTRY: (mirror,),
    Kind.DUTY: (mirror,),
    # matching
    Kind.NEED: (mirror,),
    Kind.REFERRAL: (deliveries.apply,),  # no more of a referral than may be rated
    Kind.COLLECTIVE_NEED: (mirror,),
    Kind.GAP: (mirror,),
    Kind.ALLOCATION_RUN: (mirror,),
    # procurement
    Kind.PROVIDER: (mirror,),
    Kind.PROVIDER_RATING: (mirror,),
    Kind.TENDER: (mirror,),
    Kind.CONTRACT: (mirror,),
    Kind.AGENDA_OUTCOME: (mirror, voted.follow),
}


def jobs(resources: Resources) -> Sequence[Job]:
    """One job a feed, as far as the addresses are known."""
    return following.jobs(resources.settings, resources.database.sessions, FOLLOWED)
