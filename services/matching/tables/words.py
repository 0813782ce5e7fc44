"""The words of what every referral writes, each vocabulary a domain (`common.domains`)."""

from typing import Final

from common.contracts.matching import NeedStatus, RaisedBy, ReferralStatus, UnmetReason
from common.contracts.matching_referrals import CorrectionReason, DeclineReason
from common.contracts.registry.offerings import CapacityPeriod
from common.contracts.vocabulary import UrgencyTier
from common.domains import Domain, words_of

CAPACITY_PERIOD: Final = words_of("capacity_period", CapacityPeriod)
CORRECTION_REASON: Final = words_of("correction_reason", CorrectionReason)
DECLINE_REASON: Final = words_of("decline_reason", DeclineReason)
NEED_STATUS: Final = words_of("need_status", NeedStatus)
RAISED_BY: Final = words_of("raised_by", RaisedBy)
REFERRAL_PLACES: Final = Domain("referral_places", "VALUE BETWEEN 1 AND 20", "smallint")
REFERRAL_STATUS: Final = words_of("referral_status", ReferralStatus)
UNMET_REASON: Final = words_of("unmet_reason", UnmetReason)
URGENCY_TIER: Final = words_of("urgency_tier", UrgencyTier)
