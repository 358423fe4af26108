"""Masking for screens and exports: enough to recognise a person one already knows, too little to find one."""

from __future__ import annotations

COMPOUND_SURNAMES = frozenset(
    surname
    for line in (
        "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟",
        "公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于司空令狐",
    )
    for surname in (line[at : at + 2] for at in range(0, len(line), 2))
)
"""复姓 kept whole; a two-character name is never taken for one, so that something always stays hidden."""


def _keep(text: str, head: int, tail: int) -> str:
    """Keep both ends; a text too short to hide at least four characters is hidden whole."""
    if len(text) < head + tail + 4:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]


def mask_id(value: str) -> str:
    """Mask an identity number, keeping 前6后4."""
    return _keep(value, 6, 4)


def mask_name(name: str) -> str:
    """Mask a name, keeping the surname (留姓): 张** · 欧阳* · a single character is hidden."""
    kept = 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1
    return "*" * len(name) if len(name) < 2 else name[:kept] + "*" * (len(name) - kept)


def mask_phone(phone: str) -> str:
    """Mask a telephone number, keeping 前3后4."""
    return _keep(phone, 3, 4)


def mask_account(account: str) -> str:
    """Mask a bank account, keeping 后4."""
    return _keep(account, 0, 4)
