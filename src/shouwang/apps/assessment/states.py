"""The life of a local standard as data: 拟定 → 复核 → 执行 → 终止. Whoever drafts never approves (社会救助暂行办法第10条: 由政府确定、公布)."""

from __future__ import annotations

from dataclasses import dataclass

DRAFT = "draft"
RETURNED = "returned"
APPROVED = "approved"
ENDING = "ending"
WITHDRAWN = "withdrawn"
CHOICES = [
    (DRAFT, "待复核"),
    (RETURNED, "已退回"),
    (APPROVED, "已复核"),
    (ENDING, "待复核终止"),
    (WITHDRAWN, "已撤销"),
]
LABELS = dict(CHOICES)
IN_FORCE = (APPROVED, ENDING)
"""Only these count in a calculation, each from its own first day; an ending that nobody has checked changes nothing yet."""
WAITING = (DRAFT, RETURNED, ENDING)

WRITERS = ("county", "city", "province")
"""The levels that administer standards; the others read them."""
LEVEL_LABELS = {
    "village": "村级",
    "township": "乡镇级",
    "county": "县级",
    "city": "市级",
    "province": "省级",
    "nation": "国家级",
}


@dataclass(frozen=True)
class Transition:
    """One permitted step. ``second``: only somebody other than the one whose proposal it is may take it."""

    verb: str
    label: str
    sources: tuple[str, ...]
    target: str
    second: bool = False
    needs_note: bool = True
    needs_day: bool = False


TRANSITIONS: tuple[Transition, ...] = (
    Transition("revise", "修改后重报", (DRAFT, RETURNED), DRAFT, needs_note=False),
    Transition("approve", "复核通过", (DRAFT,), APPROVED, second=True, needs_note=False),
    Transition("send_back", "退回修改", (DRAFT,), RETURNED, second=True),
    Transition("withdraw", "撤回", (DRAFT, RETURNED), WITHDRAWN),
    Transition("propose_end", "提请终止", (APPROVED,), ENDING, needs_day=True),
    Transition("confirm_end", "复核终止", (ENDING,), APPROVED, second=True, needs_note=False),
    Transition("refuse_end", "不予终止", (ENDING,), APPROVED),
)
BY_VERB = {each.verb: each for each in TRANSITIONS}
PAGE_VERBS = frozenset(BY_VERB) - {"revise"}
"""What a standard's page posts; a revision comes from the draft form."""
VERB_LABELS = {
    **{each.verb: each.label for each in TRANSITIONS},
    "draft": "拟定",
    "import_draft": "批量拟定",
    "install": "实施单位导入",
    "correct": "实施单位更正",
}


def steps_from(state: str) -> tuple[Transition, ...]:
    """Return the steps the procedure knows from a state, whoever asks."""
    return tuple(each for each in TRANSITIONS if state in each.sources)
