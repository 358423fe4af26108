"""The procedure of an alert as data: 预警 → 研判 → 处置 → 反馈 → 办结.

39号文三(四) gives the four outcomes; the days of each clock live in ``rules.clocks``.
"""

from __future__ import annotations

from dataclasses import dataclass

OPEN = "open"
HANDLING = "handling"
COORDINATION = "coordination"
FEEDBACK = "feedback"
CLOSED = "closed"
CHOICES = [
    (OPEN, "待研判"),
    (HANDLING, "处置中"),
    (COORDINATION, "县级协调"),
    (FEEDBACK, "待审核办结"),
    (CLOSED, "已办结"),
]
STATE_LABELS = dict(CHOICES)

POLICY_NOT_IMPLEMENTED = "policy_not_implemented"
MAY_QUALIFY = "may_qualify"
COMPLEX = "complex"
MAY_EXIT = "may_exit"
FALSE_ALARM = "no_risk_confirmed"
DISPOSITIONS = [
    (POLICY_NOT_IMPLEMENTED, "政策未落实"),
    (MAY_QUALIFY, "可能符合未纳入"),
    (COMPLEX, "情形复杂，提请县级协调"),
    (MAY_EXIT, "可能不再符合"),
    (FALSE_ALARM, "误报（无风险）"),
]
DISPOSITION_LABELS = dict(DISPOSITIONS)
CONFIRMED = (POLICY_NOT_IMPLEMENTED, MAY_QUALIFY, COMPLEX, MAY_EXIT)

LEVELS = ("village", "township", "county", "city", "province")
LEVEL_LABELS = {
    "village": "村级",
    "township": "乡镇级",
    "county": "县级",
    "city": "市级",
    "province": "省级",
    "nation": "国家级",
}
ALERT_LEVELS = [("红", "红"), ("橙", "橙"), ("黄", "黄")]
DIRECTIONS = [("in", "应救尽救"), ("out", "应退尽退")]


@dataclass(frozen=True)
class Transition:
    """One permitted step.

    ``levels`` who may take it (besides the level an overdue alert was passed up to); ``records`` the outcomes it may
    set (empty: the outcome stays); ``after`` the outcomes under which it is offered (empty: any); ``forgets`` clears
    the outcome.
    """

    verb: str
    label: str
    sources: tuple[str, ...]
    target: str
    levels: tuple[str, ...]
    records: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    forgets: bool = False

    @property
    def page_verb(self) -> str:
        """The verb a page sends: both ways of sending back are one button, the outcome decides which."""
        return "return_back" if self.verb == "reject_dismissal" else self.verb


TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        "triage",
        "研判",
        (OPEN,),
        HANDLING,
        ("township", "county"),
        records=(POLICY_NOT_IMPLEMENTED, MAY_QUALIFY, MAY_EXIT),
    ),
    Transition("refer_up", "提请县级协调", (OPEN, HANDLING), COORDINATION, ("township", "county"), records=(COMPLEX,)),
    Transition("dismiss", "认定误报", (OPEN, HANDLING), FEEDBACK, ("township", "county"), records=(FALSE_ALARM,)),
    Transition("report_back", "处置反馈", (HANDLING,), FEEDBACK, ("village", "township", "county")),
    Transition("decide", "协调结论", (COORDINATION,), HANDLING, ("county",)),
    Transition("close", "办结", (FEEDBACK,), CLOSED, ("county",)),
    Transition("return_back", "退回补充", (FEEDBACK,), HANDLING, ("county",), after=CONFIRMED),
    Transition("reject_dismissal", "退回重新研判", (FEEDBACK,), OPEN, ("county",), after=(FALSE_ALARM,), forgets=True),
)
BY_VERB = {transition.verb: transition for transition in TRANSITIONS}
PAGE_VERBS = frozenset(transition.page_verb for transition in TRANSITIONS)

OTHER_VERBS = {
    "open": "产生预警",
    "take_up": "由筛查转入",
    "report": "主动发现上报",
    "report_again": "再次上报",
    "assign": "分派",
    "escalate": "超期上报",
    "clear": "信号消除",
}
VERB_LABELS = {**{transition.verb: transition.label for transition in TRANSITIONS}, **OTHER_VERBS}


@dataclass(frozen=True)
class Duty:
    """Who must act in a state, and the key of the clock that runs there."""

    level: str
    clock: str


DUTIES = {
    OPEN: Duty("township", "monitoring.triage"),
    HANDLING: Duty("township", "monitoring.handling"),
    COORDINATION: Duty("county", "monitoring.coordination"),
    FEEDBACK: Duty("county", "monitoring.feedback"),
}
NEXT_LEVEL = {"township": "county", "county": "city"}

PROACTIVE_REPORT = "proactive_report"
PROACTIVE_LEVEL = "橙"
DIFFICULTIES = [
    ("illness", "重病"),
    ("disability", "残疾"),
    ("schooling", "就学困难"),
    ("unemployment", "失业"),
    ("accident", "意外事故或灾害"),
    ("unattended", "无人照料"),
    ("income", "收入骤减"),
    ("other", "其他"),
]
DIFFICULTY_LABELS = dict(DIFFICULTIES)


def steps_from(state: str, disposition: str) -> tuple[Transition, ...]:
    """Return the steps the procedure knows from a state under the outcome recorded so far, whoever asks."""
    return tuple(
        each for each in TRANSITIONS if state in each.sources and (not each.after or disposition in each.after)
    )


def may_take(step: Transition, post_level: str, handling_level: str) -> bool:
    """Say whether a post of a level may take a step: by its level, or because the overdue alert was passed up to it."""
    return post_level in step.levels or post_level == handling_level
