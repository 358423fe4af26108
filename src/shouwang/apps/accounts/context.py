"""What every page's shell shows: the menu of the acting post's level, the user's posts, the demo notice."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from shouwang.lib import clock

EVERYONE = ("village", "township", "county", "city", "province", "nation")
# 名称、地址名、图标、哪些层级可见
MENU: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("预警工作台", "monitoring:worklist", "list-check", EVERYONE),
    ("应保尽保", "monitoring:coverage", "list-search", ("township", "county", "city", "province")),
    ("主动发现上报", "monitoring:report", "message-report", ("village", "township", "county")),
    ("查户查人", "dossier:search", "user-search", EVERYONE),
    ("数据接收", "exchange:deliveries", "database-import", ("county", "city", "province")),
    ("待核关联", "exchange:questions", "users", ("county",)),
    ("地方标准", "assessment:standards", "checklist", ("county", "city", "province")),
    ("规则质量", "monitoring:quality", "gauge", ("county", "city", "province")),
    ("模拟测算", "assessment:simulations", "chart-line", ("county", "city", "province")),
    ("统计看板", "reports:dashboard", "chart-bar", ("township", "county", "city", "province", "nation")),
    ("比对汇总", "reports:summary", "map", ("township", "county", "city", "province", "nation")),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return ``menu`` (label, url, icon, current), ``posts`` in force, ``demo`` and ``today``."""
    actor = getattr(request, "actor", None)
    context: dict[str, Any] = {"demo": settings.DEMO, "today": clock.today(), "menu": [], "posts": []}
    if actor is not None:
        context["menu"] = _menu(actor.level, request.path)
        context["posts"] = [{"pk": post.post_id, "title": post.title} for post in request.posts]
    return context


def _menu(level: str, path: str) -> list[dict[str, Any]]:
    entries = []
    for label, name, icon, levels in MENU:
        if level not in levels:
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        current = path == url or (url != "/" and path.startswith(url))
        entries.append({"label": label, "url": url, "icon": icon, "current": current})
    return entries
