"""Why a step in a standard's life did not happen; the messages are read by staff."""

from __future__ import annotations


class StandardMoved(Exception):
    """The standard is no longer what the actor saw: somebody else took a step first. The page answers 409."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "这条标准刚刚已被他人办理，您的操作没有生效。请查看最新情况后再决定是否办理。")


class StandardRefused(Exception):
    """What was sent cannot be taken as it is; the message says what to correct."""
