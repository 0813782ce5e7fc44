"""Words that more than one service uses: wire, table and rule share one enum.

What staff can extend (categories, target groups, kinds of venue) is a dictionary in the registry
and travels as a code; here stand only the codes that rules name.
"""

from enum import IntEnum, StrEnum


class Service(StrEnum):
    """The four services."""

    REGISTRY = "registry"
    MATCHING = "matching"
    PROCUREMENT = "procurement"
    FEEDBACK = "feedback"


class TargetGroup(StrEnum):
    """Groups that rules name; the registry's dictionary `target_group` holds these and more."""

    EVERYONE = "everyone"  # 全体居民
    ELDERLY = "elderly"  # 老年人
    LIVING_ALONE = "living_alone"  # 独居老人
    CARE_DEPENDENT = "care_dependent"  # 失能失智老人
    CHILD = "child"  # 儿童
    YOUTH = "youth"  # 青少年
    DISABLED = "disabled"  # 残疾人
    HARDSHIP = "hardship"  # 困难群众
    MINIMUM_LIVING = "minimum_living"  # 低保对象
    BEREAVED_FAMILY = "bereaved_family"  # 计划生育特殊家庭
    CARER = "carer"  # 家庭照护者
    WOMAN = "woman"  # 妇女
    VETERAN = "veteran"  # 退役军人
    JOB_SEEKER = "job_seeker"  # 求职者
    GIG_WORKER = "gig_worker"  # 新就业群体
    NEWCOMER = "newcomer"  # 来沪人员


class AgeBand(StrEnum):
    """Age in bands of years: as much as the rules need, never the date of birth."""

    UNDER_3 = "0-2"
    FROM_3 = "3-5"
    FROM_6 = "6-11"
    FROM_12 = "12-17"
    FROM_18 = "18-34"
    FROM_35 = "35-59"
    FROM_60 = "60-69"
    FROM_70 = "70-79"
    FROM_80 = "80+"


class UrgencyTier(IntEnum):
    """How urgent a need is, by public tier rules; the smallest number is served first."""

    URGENT = 1  # 紧急
    PRIORITY = 2  # 优先
    ORDINARY = 3  # 一般


class Channel(StrEnum):
    """How a service reaches people."""

    ON_SITE = "on_site"  # 到点
    AT_HOME = "at_home"  # 上门
    ONLINE = "online"  # 线上


class PriceKind(StrEnum):
    """Who sets the price."""

    FREE = "free"  # 免费
    PUBLIC = "public"  # 公益（政府定价或低偿）
    MARKET = "market"  # 市场


class PurchaseMethod(StrEnum):
    """How something is bought. Residents may wish for one; the law has the last word."""

    OPEN_TENDER = "open_tender"  # 公开招标
    INVITED_TENDER = "invited_tender"  # 邀请招标
    CONSULTATION = "consultation"  # 竞争性磋商
    NEGOTIATION = "negotiation"  # 竞争性谈判
    INQUIRY = "inquiry"  # 询价
    SINGLE_SOURCE = "single_source"  # 单一来源
    FRAMEWORK = "framework"  # 框架协议
    SELECTION = "selection"  # 限额以下比选、遴选
    VENTURE = "venture"  # 公益创投


class SmallFirmReserve(StrEnum):
    """Whether a purchase is kept for small firms, or on which ground it is not.

    Source: 财库〔2020〕46号 art. 6 and 8.
    """

    RESERVED = "reserved"  # 专门面向中小企业
    PART = "part"  # 以联合体、分包预留份额
    SOCIAL_ORGANISATIONS = "social_organisations"  # 政策规定优先或者应当面向社会组织等非企业主体
    IRREPLACEABLE = "irreplaceable"  # 只能从中小企业之外的供应商处采购
    NO_COMPETITION = "no_competition"  # 预留则无法确保充分供应、充分竞争
    OTHER = "other"  # 省级以上财政部门规定的其他情形


class RatingDimension(StrEnum):
    """What a rating judges; a provider's rating is kept for each of them apart."""

    OVERALL = "overall"  # 整体满意度
    EFFICIENCY = "efficiency"  # 服务效率
    COMPETENCE = "competence"  # 服务水平
    ATTITUDE = "attitude"  # 服务态度
    CONVENIENCE = "convenience"  # 便捷度
    VALUE = "value"  # 质价相符
