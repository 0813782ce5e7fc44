"""The page at `/`: where everything is, in Chinese and English."""

from collections.abc import Sequence
from html import escape
from typing import Final

TITLES: Final = {
    "registry": ("资源库", "what exists, where, whose, when free"),
    "matching": ("供需对接", "who needs what, who can serve, who stays unserved"),
    "procurement": ("购买服务", "what is bought, from whom, how well they did"),
    "feedback": ("居民之声", "ratings, complaints, proposals, votes, assessments"),
}

_STYLE: Final = (
    "body{font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;max-width:52rem;"
    "margin:3rem auto;padding:0 1rem;color:#222}h1{font-weight:600}table{border-collapse:collapse;"
    "width:100%}td,th{text-align:left;padding:.5rem .8rem .5rem 0;border-bottom:1px solid #ddd}"
    "a{color:#0b5c8a}code{background:#f3f3f3;padding:.1rem .3rem}"
)


def landing(public: str, services: Sequence[str]) -> str:
    """The page for these services."""
    rows = "".join(_row(name) for name in services)
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>邻里 Linli</title>'
        f"<style>{_STYLE}</style></head><body><h1>邻里 Linli</h1>"
        "<p>特大城市基层社会服务的开放后端。数据为演示数据。<br>"
        "An open backend for the grass-roots social services of a megacity. "
        "The data are made up.</p>"
        "<table><tr><th>服务 Service</th><th></th><th>接口文档 API</th><th>变更流 Feeds</th></tr>"
        f"{rows}</table>"
        "<p>演示令牌 Demo tokens: <code>.data/demo-tokens.json</code>, "
        "<code>make token role=clerk</code></p>"
        f'<p><a href=".well-known/jwks.json">JWKS</a> · <code>{escape(public)}</code></p>'
        "</body></html>"
    )


def _row(name: str) -> str:
    chinese, english = TITLES.get(name, (name, ""))
    return (
        f"<tr><td><b>{chinese}</b> {name}</td><td>{english}</td>"
        f'<td><a href="{name}/docs">docs</a> · <a href="{name}/openapi.json">openapi.json</a></td>'
        f'<td><a href="{name}/feeds">feeds</a> · <a href="{name}/readyz">ready</a></td></tr>'
    )
