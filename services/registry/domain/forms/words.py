"""What staff read in a table for the closed lists of the contract: Chinese name -> code."""

from collections.abc import Mapping
from typing import Final

from common.contracts.registry.areas import OwnAreaKind
from common.contracts.registry.bookings import SpacePurpose
from common.contracts.registry.concessions import SpaceUse
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.offerings import (
    CapacityPeriod,
    DisabilityRule,
    Hardship,
    OfferingStatus,
    Residence,
)
from common.contracts.registry.organisations import EvaluationGrade, OrganisationKind
from common.contracts.registry.people import PersonKind, PersonStatus, Qualification
from common.contracts.registry.service_items import ItemStatus
from common.contracts.registry.spaces import Equipment, SpaceStatus
from common.contracts.registry.venues import Accessibility, OperatorMode, VenueStatus
from common.contracts.vocabulary import Channel, PriceKind
from common.geo import System

Names = Mapping[str, str]

OWN_AREA_KINDS: Final[Names] = {
    "网格": OwnAreaKind.GRID,
    "小区": OwnAreaKind.ESTATE,
    "服务圈": OwnAreaKind.CATCHMENT,
    "片区": OwnAreaKind.SECTOR,
}
ORGANISATION_KINDS: Final[Names] = {
    "政府部门": OrganisationKind.DEPARTMENT,
    "街道（镇、乡）": OrganisationKind.STREET,
    "事业单位": OrganisationKind.INSTITUTION,
    "社会团体": OrganisationKind.ASSOCIATION,
    "民办非企业单位": OrganisationKind.PRIVATE_NON_ENTERPRISE,
    "社会服务机构": OrganisationKind.PRIVATE_NON_ENTERPRISE,
    "基金会": OrganisationKind.FOUNDATION,
    "企业": OrganisationKind.ENTERPRISE,
    "居委会": OrganisationKind.RESIDENTS_COMMITTEE,
    "村委会": OrganisationKind.VILLAGERS_COMMITTEE,
    "志愿团队": OrganisationKind.VOLUNTEER_GROUP,
    "备案社区组织": OrganisationKind.COMMUNITY_ORGANISATION,
}
GRADES: Final[Names] = {grade.value: grade for grade in EvaluationGrade}
OPERATOR_MODES: Final[Names] = {
    "居村干部": OperatorMode.NEIGHBOURHOOD_STAFF,
    "街镇或专职社工": OperatorMode.STREET_STAFF,
    "第三方": OperatorMode.THIRD_PARTY,
}
VENUE_STATUSES: Final[Names] = {
    "正常开放": VenueStatus.ACTIVE,
    "暂停开放": VenueStatus.SUSPENDED,
    "撤销": VenueStatus.CLOSED,
}
ACCESSIBILITY: Final[Names] = {
    "坡道": Accessibility.RAMP,
    "无台阶出入口": Accessibility.STEP_FREE,
    "电梯": Accessibility.LIFT,
    "爬楼机": Accessibility.STAIR_CLIMBER,
    "无障碍卫生间": Accessibility.ACCESSIBLE_TOILET,
    "无障碍车位": Accessibility.ACCESSIBLE_PARKING,
    "盲道": Accessibility.TACTILE_PAVING,
    "助听回路": Accessibility.HEARING_LOOP,
    "手语服务": Accessibility.SIGN_LANGUAGE,
    "母婴室": Accessibility.NURSING_ROOM,
}
SYSTEMS: Final[Names] = {
    "WGS84": System.WGS84,
    "CGCS2000": System.WGS84,
    "国家2000": System.WGS84,
    "高德/腾讯（GCJ02）": System.GCJ02,
    "GCJ02": System.GCJ02,
    "高德": System.GCJ02,
    "腾讯": System.GCJ02,
    "百度（BD09）": System.BD09,
    "BD09": System.BD09,
    "百度": System.BD09,
}
ITEM_STATUSES: Final[Names] = {
    "草稿": ItemStatus.DRAFT,
    "已发布": ItemStatus.PUBLISHED,
    "已废止": ItemStatus.RETIRED,
}
OFFERING_STATUSES: Final[Names] = {
    "草稿": OfferingStatus.DRAFT,
    "已发布": OfferingStatus.PUBLISHED,
    "已暂停": OfferingStatus.SUSPENDED,
    "已终止": OfferingStatus.RETIRED,
}
CHANNELS: Final[Names] = {
    "到点": Channel.ON_SITE,
    "上门": Channel.AT_HOME,
    "线上": Channel.ONLINE,
}
HARDSHIP: Final[Names] = {
    "低保": Hardship.MINIMUM_LIVING,
    "低收入": Hardship.LOW_INCOME,
    "特困": Hardship.DESTITUTE,
    "支出型贫困": Hardship.EXPENDITURE,
}
DISABILITY: Final[Names] = {
    "持证残疾人": DisabilityRule.ANY,
    "重度残疾人": DisabilityRule.SEVERE,
}
RESIDENCE: Final[Names] = {
    "户籍": Residence.REGISTERED,
    "实际居住": Residence.LIVING,
    "户籍或居住": Residence.EITHER,
}
PRICE_KINDS: Final[Names] = {
    "免费": PriceKind.FREE,
    "公益": PriceKind.PUBLIC,
    "市场": PriceKind.MARKET,
}
CAPACITY_PERIODS: Final[Names] = {
    "同时": CapacityPeriod.AT_ONCE,
    "每场": CapacityPeriod.SESSION,
    "每日": CapacityPeriod.DAY,
    "每周": CapacityPeriod.WEEK,
    "每月": CapacityPeriod.MONTH,
    "每年": CapacityPeriod.YEAR,
}
DICTIONARIES: Final[Names] = {
    "载体类型": Dictionary.VENUE_KIND,
    "服务类目": Dictionary.SERVICE_CATEGORY,
    "服务对象": Dictionary.TARGET_GROUP,
    "区域类型": Dictionary.AREA_TYPE,
    "部门条线": Dictionary.DEPARTMENT_LINE,
    "平台类型": Dictionary.PLATFORM_KIND,
    "资金来源": Dictionary.FUNDING_SOURCE,
    "容量单位": Dictionary.CAPACITY_UNIT,
}
SPACE_PURPOSES: Final[Names] = {
    "社会服务": SpacePurpose.SERVICE,
    "居民活动": SpacePurpose.ACTIVITY,
    "议事": SpacePurpose.DELIBERATION,
    "行政": SpacePurpose.ADMINISTRATION,
    "市场经营": SpacePurpose.MARKET,
}
SPACE_STATUSES: Final[Names] = {
    "可预约": SpaceStatus.ACTIVE,
    "暂停": SpaceStatus.SUSPENDED,
    "停用": SpaceStatus.CLOSED,
}
EQUIPMENT: Final[Names] = {
    "投影": Equipment.PROJECTOR,
    "大屏": Equipment.SCREEN,
    "音响": Equipment.SOUND,
    "话筒": Equipment.MICROPHONE,
    "白板": Equipment.WHITEBOARD,
    "视频会议": Equipment.VIDEO_CALL,
    "舞台": Equipment.STAGE,
    "镜面墙": Equipment.MIRRORS,
    "钢琴": Equipment.PIANO,
    "厨具": Equipment.KITCHEN,
    "可移动桌椅": Equipment.TABLES,
    "运动器材": Equipment.SPORTS,
    "儿童设施": Equipment.CHILDREN,
    "助听回路": Equipment.HEARING_LOOP,
}
SPACE_USES: Final[Names] = {
    "公益": SpaceUse.PUBLIC,
    "低偿": SpaceUse.LOW_FEE,
    "市场": SpaceUse.MARKET,
}
PERSON_KINDS: Final[Names] = {
    "社会工作者": PersonKind.SOCIAL_WORKER,
    "工作人员": PersonKind.STAFF,
    "志愿者": PersonKind.VOLUNTEER,
}
PERSON_STATUSES: Final[Names] = {
    "在任": PersonStatus.ACTIVE,
    "离任": PersonStatus.LEFT,
}
QUALIFICATIONS: Final[Names] = {
    "助理社会工作师": Qualification.ASSISTANT,
    "社会工作师": Qualification.SOCIAL_WORKER,
    "高级社会工作师": Qualification.SENIOR,
}
