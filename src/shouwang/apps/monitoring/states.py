"""The procedure of an alert as data: 预警 → 研判 → 处置 → 反馈 → 办结 (39号文三(四) gives the four outcomes; the clocks are in rules/clocks)."""

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


@dataclass(frozen=True)
class Transition:
    """One permitted step: who (levels of post) may take it, from where to where, and the clock that starts on arrival."""

    verb: str
    label: str
    sources: tuple[str, ...]
    target: str
    levels: tuple[str, ...]
    clock: str | None
    needs_note: bool = True


TRANSITIONS: tuple[Transition, ...] = (
    Transition("triage", "研判", (OPEN,), HANDLING, ("township", "county"), "monitoring.handling"),
    Transition(
        "refer_up", "提请县级协调", (OPEN, HANDLING), COORDINATION, ("township", "county"), "monitoring.coordination"
    ),
    Transition("dismiss", "认定误报", (OPEN,), FEEDBACK, ("township", "county"), "monitoring.feedback"),
    Transition(
        "report_back", "处置反馈", (HANDLING,), FEEDBACK, ("village", "township", "county"), "monitoring.feedback"
    ),
    Transition("decide", "协调结论", (COORDINATION,), HANDLING, ("county",), "monitoring.handling"),
    Transition("return_back", "退回补充", (FEEDBACK,), HANDLING, ("county",), "monitoring.handling"),
    Transition("close", "办结", (FEEDBACK,), CLOSED, ("county",), None),
)
BY_VERB = {transition.verb: transition for transition in TRANSITIONS}
FIRST_CLOCK = "monitoring.triage"
