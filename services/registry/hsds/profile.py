"""What Linli's HSDS adds to the standard, leaves out and decides: served at `/hsds/profile`.

The page for people is docs/hsds.md.
"""

from typing import Final

from registry.hsds.shapes import Profile

VERSION: Final = "3.1"

PROFILE: Final = Profile(
    name="Linli HSDS 邻里资源库",
    version="1.0.0",
    standard="HSDS 3.1",
    description="已发布的社区服务、载体与机构 / published services, venues, organisations",
    identifiers={
        "service": "服务编号 / the offering's id",
        "service_at_location": "与其服务同号 / the id of its service, there is at most one",
        "location": "载体编号 / the venue's id",
        "organization": "机构编号 / the organisation's id",
        "taxonomy_term": "字典词条编号 / the dictionary entry's id",
        "other": "由所属记录导出的 uuid5，恒定 / uuid5 of what it belongs to, stable",
    },
    decides={
        "status": "只给出已发布的服务：active；只在载体提供而载体暂停开放的为 temporarily closed / "
        "published services: active, or temporarily closed while the only place of it is",
        "removals": "删除与下架见 /feeds/offering / removals are told by the RPDE feeds",
        "last_modified": "服务、载体、提供机构三者最近变更 / latest of service, venue, provider",
        "order": "按编号，即建立先后 / by id, the order of making",
        "empty_list": "total_pages 为 0，第 1 页为空 / no pages; page 1 is empty",
        "per_page": "默认 50，至多 1000；full 至多 100；minimal 默认且至多 10000",
        "ndjson": "给出全部，不看 page / all records, whatever the page",
        "minimal": "schema 所必需的 id、name、status 与 last_modified、modified_date",
        "modified_after": "无时区按 UTC / without a zone: UTC",
        "top_only": "没有上级的词条 / terms without a parent",
        "postcode": "区划代码有效位 / significant digits of a division code",
        "postal_code": "全市通用邮编 200000 / the city's general postcode",
        "capacities.available": "核定容量，不计已占用 / the planned capacity, not what is left",
        "coordinates": "WGS-84",
        "currency": "CNY",
        "times": "HH:MM+08:00，24:00 为当日结束 / 24:00 is the end of the day",
    },
    adds={
        "service.modified_date": "仅 minimal / with minimal only",
        "organization.services": "编号或全部内容 / ids, or in full with full_service",
        "organization_identifiers": "CN-USCC 统一社会信用代码, linli:filing 街镇备案号",
        "/hsds/profile": "本文 / this document",
    },
    leaves_out={
        "contacts": "不公开个人 / persons are not published",
        "metadata": "变更记录仅供工作人员 / changes are told to staff only",
        "program of a service": "服务与项目不直接相连 / services name no programme",
        "funding of an organization": "资金台账不公开 / funds are not public",
        "rooms of a location": "标准没有此对象，见 /feeds/space / no object; see the feed",
        "bundles, concessions": "标准没有相应对象 / the standard has no object for them",
        "required_documents": "资源库未登记 / not kept",
        "urls, email, logo": "资源库未登记 / not kept",
    },
    refuses={
        "404": "没有的编号、没有的页 / unknown ids, pages behind the last one",
        "422": "有误或不认识的参数 / wrong or unknown parameters",
    },
)
