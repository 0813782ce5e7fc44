"""The data catalogue 政务信息资源目录: what is said about each published kind, beside its model.

Source: 《政务信息资源目录编制指南（试行）》, metadata of a resource, and value lists seen in use
(共享类型 1/2/3). Code = 类 1 digit + 项 2 + 目 3 + 顺序码; 类 2 is 主题. Which 项 and 目 the city
gives is not public: they stand at 00 and 000, and `code_status` says `provisional`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from pydantic import Field

from common.contracts.base import Model
from common.contracts.feeds import Kind
from common.contracts.vocabulary import Service
from common.errors import Text


class Sharing(StrEnum):
    """共享类型. The label always goes with the code: other systems number them differently."""

    UNCONDITIONAL = "1"  # 无条件共享
    CONDITIONAL = "2"  # 有条件共享
    NONE = "3"  # 不予共享


class Opening(StrEnum):
    """开放类型: whether the public may have it."""

    UNCONDITIONAL = "unconditional"  # 无条件开放
    CONDITIONAL = "conditional"  # 有条件开放
    DISALLOWED = "disallowed"  # 不予开放


SHARING_LABELS: Final[Mapping[Sharing, str]] = {
    Sharing.UNCONDITIONAL: "无条件共享",
    Sharing.CONDITIONAL: "有条件共享",
    Sharing.NONE: "不予共享",
}


class Facts(NamedTuple):
    """What the catalogue says of a kind beyond its model. `number` is never given twice."""

    number: int
    summary: Text
    sharing: Sharing = Sharing.UNCONDITIONAL
    condition: str | None = None
    opening: Opening = Opening.UNCONDITIONAL


K = Kind
ASKED_FOR: Final = (Sharing.CONDITIONAL, "依申请，按辖区", Opening.DISALLOWED)
FACTS: Final[Mapping[Kind, Facts]] = {
    K.AREA: Facts(1, Text("区划、网格、小区与片区及其沿革", "divisions, grids, catchments")),
    K.ORGANISATION: Facts(2, Text("单位与社会组织及其资质", "bodies and their standing")),
    K.VENUE: Facts(3, Text("服务场所的位置、开放时间与设施", "places of service")),
    K.SERVICE_ITEM: Facts(4, Text("服务事项与责任部门", "items and who is responsible")),
    K.OFFERING: Facts(5, Text("已发布的服务、对象、价格与时间", "services on offer")),
    K.DICTIONARY_ENTRY: Facts(6, Text("类别、人群等字典", "categories, groups, other words")),
    K.PLEDGE: Facts(7, Text("驻区单位认领的资源", "resources that local bodies pledged")),
    K.DELIVERY_LIST: Facts(8, Text("街镇可调用的资源、谁可调用、如何调用", "what can be called")),
    K.POPULATION: Facts(9, Text("区划人口（不足十人不公布）", "people of areas, none below ten")),
    K.PROGRAMME: Facts(13, Text("条线的多年期项目与分年度计划", "programmes of lines over years")),
    K.BUNDLE: Facts(15, Text("一并运营的服务、载体、人员与资金", "resources run together")),
    K.CONCESSION: Facts(
        16, Text("空间的经营单位、用途与承诺价格", "who runs what, at which price")
    ),
    K.FUND: Facts(14, Text("资金来源、余额与资助", "funds and grants"), *ASKED_FOR),
    K.SPACE: Facts(10, Text("可预约空间、设备与使用条件", "rooms that can be booked")),
    K.BOOKING: Facts(
        11,
        Text("空间预约的时段与状态", "bookings of rooms, their time and state"),
        Sharing.CONDITIONAL,
        "业务协同服务凭令牌读取，不含预约人",
        Opening.DISALLOWED,
    ),
    K.DUTY: Facts(12, Text("载体值守岗位与值班电话", "posts on duty and their desk phones")),
    K.NEED: Facts(1, Text("需求的类别、状态与居村，不含个人信息", "needs"), *ASKED_FOR),
    K.REFERRAL: Facts(
        3,
        Text("转介及其每一步", "referrals with every step"),
        Sharing.NONE,
        "仅供本平台各服务：含核对评价人的化名",
        Opening.DISALLOWED,
    ),
    K.GAP: Facts(4, Text("街镇各类服务的缺口", "what streets lack")),
    K.ALLOCATION_RUN: Facts(5, Text("已提交的统筹分配及其摘要", "committed runs and digests")),
    K.REFERRAL_MATTER: Facts(6, Text("转介的办件，不含个人信息", "referrals"), *ASKED_FOR),
    K.COLLECTIVE_NEED: Facts(2, Text("居村与小区的共性需求", "what neighbourhoods need together")),
    K.PROVIDER: Facts(
        1, Text("承接者的资质、禁入与关联关系", "providers, their standing and ties")
    ),
    K.PROVIDER_RATING: Facts(2, Text("承接者分类别、分维度的动态评级", "ratings of providers")),
    K.TENDER: Facts(3, Text("采购过程自意向至成交", "purchases from intention to award")),
    K.CONTRACT: Facts(4, Text("已公开的合同及其履行", "published contracts and their course")),
    K.AGENDA_OUTCOME: Facts(5, Text("居民议题的落实与偏离理由", "what became of residents' items")),
    K.RATING: Facts(1, Text("服务评价，不含评价人", "ratings without raters"), *ASKED_FOR),
    K.CASE: Facts(
        2,
        Text("诉求工单的责任、时限与结果，不含个人信息", "cases without persons"),
        *ASKED_FOR,
    ),
    K.CASE_MATTER: Facts(5, Text("工单的办件，不含个人信息", "cases"), *ASKED_FOR),
    K.EVALUATION: Facts(6, Text("好差评，不含评价人", "ratings as evaluations"), *ASKED_FOR),
    K.AGENDA: Facts(3, Text("居民在批准资金内议定的事项", "what residents decided within a pot")),
    K.ASSESSMENT: Facts(4, Text("考核结果及其区间与公示", "published results of assessments")),
    K.CALENDAR_NOTICE: Facts(7, Text("载入的节假日安排及其出处", "holiday notices, their source")),
}


class CatalogueItem(Model):
    """信息项: one field of the record."""

    name: str = Field(description="信息项英文名称 / field")
    title: str = Field(description="信息项名称与含义 / what it means")
    type: str = Field(description="数据类型 / type")
    length: int | None = Field(description="最大长度，无约束为 null / longest, null: no bound")
    required: bool = Field(description="是否必有值 / never null")


class CatalogueEntry(Model):
    """One resource of the catalogue."""

    code: str = Field(description="信息资源代码：类项目 + 顺序码 / code of the resource")
    code_status: str = Field(
        description="provisional：项、目待目录主管部门赋码 / 项 and 目 pending"
    )
    kind: str = Field(description="资源英文名称，与变更流相同 / the feed's name")
    name: str = Field(description="信息资源名称 / name")
    name_en: str = Field(description="英文名称 / in English")
    summary: str = Field(description="摘要 / summary")
    provider: str = Field(description="提供方 / the service that provides it")
    format: str = Field(description="资源格式 / form")
    sharing_type: Sharing = Field(description="共享类型 1 无条件 2 有条件 3 不予 / sharing")
    sharing_label: str = Field(description="共享类型名称 / its label")
    sharing_condition: str | None = Field(description="共享条件 / condition")
    sharing_way: str = Field(description="共享方式 / how it is shared")
    open_type: Opening = Field(description="开放类型 / whether the public may have it")
    update_cycle: str = Field(description="更新周期 / how often it is renewed")
    feed: str = Field(description="变更流地址 / RPDE feed")
    exchange: str = Field(description="数据交换地址 / exchange")
    hsds: str | None = Field(description="HSDS 地址 / HSDS face, where the kind has one")
    items: list[CatalogueItem] = Field(description="信息项 / fields of the record")


# What fields mean whose models leave it to their names; shared by all kinds.
WORDS: Final[Mapping[str, Text]] = {
    "categories": Text("服务类别", "categories"),
    "qualifications": Text("资质", "qualifications"),
    "exclusions": Text("禁入记录", "exclusions"),
    "ties": Text("关联关系", "ties"),
    "qualified_staff": Text("持证人员数", "qualified staff"),
    "contracts_held": Text("在手合同数", "contracts held"),
    "admitted_on": Text("建档日期", "admitted on"),
    "dimension": Text("评价维度", "dimension"),
    "lower_bound": Text("下界", "lower bound"),
    "upper_bound": Text("上界", "upper bound"),
    "as_of_on": Text("计算日期", "as of on"),
    "procurement_method": Text("采购方式", "procurement method"),
    "method_details": Text("方式细目", "method details"),
    "buyer_id": Text("购买方", "buyer id"),
    "notice_at": Text("公告时间", "notice at"),
    "tender_period_start_at": Text("响应期起", "tender period start at"),
    "tender_period_end_at": Text("响应截止时间", "tender period end at"),
    "enquiry_period_end_at": Text("提问截止时间", "enquiry period end at"),
    "awarded_at": Text("成交时间", "awarded at"),
    "challenged_at": Text("质疑时间", "challenged at"),
    "suspended_at": Text("暂停时间", "suspended at"),
    "ocid": Text("采购过程编号", "ocid"),
    "award_id": Text("成交结果", "award id"),
    "service_item_ids": Text("服务事项", "service item ids"),
    "capacity_unit": Text("名额单位", "capacity unit"),
    "funding": Text("资金来源", "funding"),
    "period_start_on": Text("合同起日", "period start on"),
    "agenda_item_id": Text("居民议题", "agenda item id"),
    "renewal_of_id": Text("续签自", "renewal of id"),
    "signed_at": Text("签订时间", "signed at"),
    "published_at": Text("公布时间", "published at"),
    "terminated_at": Text("终止时间", "terminated at"),
    "agenda_id": Text("议题清单", "agenda id"),
    "stage": Text("阶段", "stage"),
    "contracted_fen": Text("合同金额，分", "contracted fen"),
    "deviations": Text("偏离及理由", "deviations"),
    "tender_id": Text("采购过程", "tender id"),
    "contract_id": Text("合同", "contract id"),
    "received_at": Text("受理时间", "received at"),
    "planned_at": Text("列入计划时间", "planned at"),
    "tendering_at": Text("进入采购时间", "tendering at"),
    "contracted_at": Text("签约时间", "contracted at"),
    "delivered_at": Text("交付时间", "delivered at"),
    "dropped_at": Text("取消时间", "dropped at"),
    "channel": Text("渠道", "channel"),
    "dimensions": Text("各维度", "dimensions"),
    "amended_on": Text("修改日期", "amended on"),
    "rectified_at": Text("整改时间", "rectified at"),
    "called_back_at": Text("回访时间", "called back at"),
    "appealed_at": Text("申诉时间", "appealed at"),
    "appeal_decided_at": Text("申诉裁定时间", "appeal decided at"),
    "is_appeal_upheld": Text("申诉是否成立", "is appeal upheld"),
    "duplicate_of_id": Text("重复于", "duplicate of id"),
    "extended_at": Text("延期时间", "extended at"),
    "paused_at": Text("暂停办理时间", "paused at"),
    "fixed_at": Text("办理单位称已解决时间", "fixed at"),
    "reopened_at": Text("重开时间", "reopened at"),
    "overdue_at": Text("超期时间", "overdue at"),
    "escalated_at": Text("升级时间", "escalated at"),
    "document": Text("文号", "number of the document"),
    "issued_on": Text("印发日期", "issued on"),
    "holidays": Text("放假日期", "holidays"),
    "working": Text("调休上班日", "make-up days"),
    "pot_approved_by_id": Text("批准单位", "pot approved by id"),
    "pot_approved_on": Text("批准日期", "pot approved on"),
    "rule": Text("规则", "rule"),
    "items": Text("事项", "items"),
    "superseded_by_id": Text("取代者", "superseded by id"),
    "decided_at": Text("议定时间", "decided at"),
    "scheme_id": Text("考核方案", "scheme id"),
    "scheme_title": Text("考核方案名称", "scheme title"),
    "subject": Text("考核对象类型", "subject"),
    "subject_id": Text("考核对象", "subject id"),
    "score": Text("得分", "score"),
    "response_share": Text("响应比例", "response share"),
    "indicators": Text("指标", "indicators"),
    "publicity_from_on": Text("公示起日", "publicity from on"),
    "final_at": Text("定稿时间", "final at"),
    "id": Text("记录标识（UUIDv7）", "id"),
    "code": Text("外部编码", "external code"),
    "name": Text("名称", "name"),
    "name_zh": Text("中文名称", "Chinese name"),
    "name_en": Text("英文名称", "English name"),
    "short_name": Text("简称", "short name"),
    "kind": Text("种类", "kind"),
    "description": Text("说明", "description"),
    "dictionary": Text("所属字典", "dictionary it belongs to"),
    "sort": Text("排序", "order"),
    "parent_id": Text("上级标识", "id of the parent"),
    "lon": Text("经度（WGS-84，度）", "longitude, degrees"),
    "lat": Text("纬度（WGS-84，度）", "latitude, degrees"),
    "valid_from": Text("生效日期", "valid from"),
    "valid_to": Text("失效日期（不含）", "valid to, exclusive"),
    "version": Text("版本号", "version"),
    "created_at": Text("登记时间", "when recorded"),
    "updated_at": Text("更新时间", "when last changed"),
    "history": Text("名称与隶属的沿革", "names and parents through time"),
    "predecessors": Text("由何区划而来", "areas it came from"),
    "successors": Text("并入何区划", "areas it went into"),
    "members": Text("所含区划", "areas it holds"),
    "credit_code": Text("统一社会信用代码", "unified social credit code"),
    "filing_number": Text("备案号", "filing number"),
    "evaluation_grade": Text("评估等级（1A–5A）", "evaluation grade"),
    "grade_valid_from": Text("等级有效期起", "grade valid from"),
    "grade_valid_to": Text("等级有效期止", "grade valid to"),
    "area_id": Text("所在区划标识", "id of its area"),
    "area_code": Text("所在区划编码（12 位）", "code of its area"),
    "area_path": Text("所在区划全路径", "full path of its area"),
    "address": Text("地址", "address"),
    "phone": Text("电话", "telephone"),
    "status": Text("状态", "status"),
    "status_since": Text("状态起始时间", "since when it has its status"),
    "dissolved_on": Text("注销日期", "day of dissolution"),
    "incubated_by": Text("培育单位", "who incubated it"),
    "incubates": Text("所培育的单位", "whom it incubates"),
    "residencies": Text("入驻载体", "venues it resides in"),
    "operator_mode": Text("运营方式", "who runs it"),
    "owner_id": Text("产权单位标识", "id of the owner"),
    "operator_id": Text("运营单位标识", "id of the operator"),
    "floor_area_m2": Text("建筑面积（平方米）", "floor area, m²"),
    "accessibility": Text("无障碍设施", "accessibility"),
    "target_groups": Text("服务对象", "target groups"),
    "catalog_code": Text("基本编码", "basic code of the item"),
    "local_catalog_code": Text("地方基本编码", "local basic code"),
    "task_code": Text("实施编码", "implementation code"),
    "local_task_code": Text("地方实施编码", "local implementation code"),
    "service_item_id": Text("服务事项标识", "id of the service item"),
    "provider_id": Text("承接单位标识", "id of the provider"),
    "venue": Text("服务场所", "where it is served"),
    "channels": Text("提供方式（到点、上门、线上）", "channels"),
    "eligibility": Text("准入条件", "who is eligible"),
    "price_kind": Text("价格性质", "kind of price"),
    "price_unit": Text("计价单位", "unit of the price"),
    "number": Text("编号", "number"),
    "raised_by": Text("提出方式", "who brought it"),
    "unmet_reason": Text("未满足原因", "why it is unmet"),
    "opened_at": Text("提出时间", "when opened"),
    "referred_at": Text("转介时间", "when referred"),
    "served_at": Text("服务时间", "when served"),
    "closed_at": Text("办结时间", "when closed"),
    "withdrawn_at": Text("撤回时间", "when withdrawn"),
    "unmet_at": Text("认定未满足时间", "when found unmet"),
    "raised_at": Text("提出时间", "when raised"),
    "claimed_at": Text("认领时间", "when claimed"),
    "answered_at": Text("回应时间", "when answered"),
    "to_purchase_at": Text("转购买时间", "when sent to a purchase"),
    "period_from_on": Text("统计起始日", "first day of the period"),
    "period_to_on": Text("统计截止日（含）", "last day of the period"),
    "open_needs": Text("待满足需求数", "needs that wait"),
    "unmet_needs": Text("未满足需求数", "needs that are unmet"),
    "unmet_by_reason": Text("未满足原因", "why they are unmet"),
    "computed_at": Text("计算时间", "when computed"),
    "candidates_per_need": Text("每个需求的候选数", "candidates a need"),
    "needs": Text("需求数", "needs"),
    "places": Text("名额数", "places"),
    "served_by_tier": Text("各层得到服务数", "served by tier"),
    "unserved_by_reason": Text("未服务原因", "why needs stay unserved"),
    "started_at": Text("开始时间", "when started"),
    "committed_at": Text("提交时间", "when committed"),
    "target_group": Text("服务对象", "target group"),
    "venue_id": Text("载体标识", "id of the venue"),
    "need_id": Text("需求标识", "id of the need"),
    "offering_id": Text("服务标识", "id of the offering"),
    "made_at": Text("转介时间", "when made"),
    "hold_expires_at": Text("占位到期时间", "when the hold expires"),
    "waitlisted_at": Text("候补时间", "when put on the waiting list"),
    "accepted_at": Text("接受时间", "when accepted"),
    "declined_at": Text("谢绝时间", "when declined"),
    "expired_at": Text("失效时间", "when expired"),
    "handed_over_at": Text("移交时间", "when handed over"),
    "no_show_at": Text("未到时间", "when nobody came"),
    "reminded_at": Text("催报结果时间", "when the provider was asked"),
    "untold_at": Text("逾期未报结果时间", "when it ended untold"),
    "is_served_says_resident": Text("居民称是否已服务", "what the resident says"),
    "category": Text("服务类别", "service category"),
    "title": Text("名称", "title"),
    "source": Text("来源", "source"),
    "amount_fen": Text("金额（分）", "amount, fen"),
    "planned_fen": Text("计划金额（分）", "planned amount, fen"),
    "grants": Text("资助", "grants"),
    "ended_at": Text("结束时间", "when it ended"),
    "capacity": Text("容量", "capacity"),
    "space_id": Text("空间标识", "id of the room"),
    "purpose": Text("用途", "what it is used for"),
    "starts_at": Text("开始时间", "when it begins"),
    "ends_at": Text("结束时间", "when it ends"),
    "persons": Text("人数", "persons"),
    "confirmed_at": Text("确认时间", "when confirmed"),
    "cancelled_at": Text("取消时间", "when cancelled"),
    "capacity_period": Text("容量周期", "period of the capacity"),
}
NUMBERS: Final[Mapping[Service, int]] = {service: n for n, service in enumerate(Service, start=1)}
