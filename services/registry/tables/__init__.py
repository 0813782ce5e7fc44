"""The registry's tables. Rows and constraints only; no behaviour."""

from registry.tables.areas import Area as Area
from registry.tables.areas import AreaEdition as AreaEdition
from registry.tables.areas import AreaMember as AreaMember
from registry.tables.areas import AreaPeriod as AreaPeriod
from registry.tables.areas import AreaPopulation as AreaPopulation
from registry.tables.areas import AreaSuccession as AreaSuccession
from registry.tables.base import Base as Base
from registry.tables.base import Record as Record
from registry.tables.bookings import Blackout as Blackout
from registry.tables.bookings import Booking as Booking
from registry.tables.bookings import BookingSeries as BookingSeries
from registry.tables.bookings import Occupancy as Occupancy
from registry.tables.bundles import Bundle as Bundle
from registry.tables.bundles import BundleMember as BundleMember
from registry.tables.concessions import Concession as Concession
from registry.tables.concessions import VenueMonth as VenueMonth
from registry.tables.delivery_lists import DeliveryList as DeliveryList
from registry.tables.dictionaries import DictionaryEntry as DictionaryEntry
from registry.tables.duplicates import Duplicate as Duplicate
from registry.tables.duplicates import Merge as Merge
from registry.tables.duplicates import RecordKey as RecordKey
from registry.tables.duplicates import RecordSeen as RecordSeen
from registry.tables.duties import Duty as Duty
from registry.tables.duties import DutySubstitution as DutySubstitution
from registry.tables.funds import Fund as Fund
from registry.tables.funds import FundEntry as FundEntry
from registry.tables.funds import FundGrant as FundGrant
from registry.tables.funds import FundingDecision as FundingDecision
from registry.tables.history import RecordVersion as RecordVersion
from registry.tables.idle_properties import IdleProperty as IdleProperty
from registry.tables.imports import ImportJob as ImportJob
from registry.tables.imports import ImportPart as ImportPart
from registry.tables.imports import ImportRowError as ImportRowError
from registry.tables.offerings import Offering as Offering
from registry.tables.offerings import OfferingStatusChange as OfferingStatusChange
from registry.tables.organisations import Incubation as Incubation
from registry.tables.organisations import Organisation as Organisation
from registry.tables.organisations import Residency as Residency
from registry.tables.pledges import Pledge as Pledge
from registry.tables.programmes import Programme as Programme
from registry.tables.service_items import ServiceItem as ServiceItem
from registry.tables.spaces import Space as Space
from registry.tables.venues import Venue as Venue

metadata = Base.metadata
