"""What an import of divisions did with every row it was given."""

from __future__ import annotations

from dataclasses import dataclass, field

SHOWN = 10


@dataclass(frozen=True)
class Refusal:
    """One row that was not taken: its line in the file (0 where there is none), its code as written, and why."""

    line: int
    code: str
    reason: str

    def __str__(self) -> str:
        return f"第 {self.line} 行 {self.code}：{self.reason}" if self.line else f"{self.code}：{self.reason}"


@dataclass(frozen=True)
class Receipt:
    """Every row accounted: ``accepted + len(refused) == rows``; of the accepted, some were new and some were known."""

    what: str
    rows: int
    accepted: int
    refused: tuple[Refusal, ...]
    created: int
    changed: int
    lineage: int = 0
    notes: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        same = self.accepted - self.created - self.changed
        taken = f"接收 {self.accepted} 行（新增 {self.created}、更新 {self.changed}、原已有 {same}）"
        lines = [f"{self.what}：共 {self.rows} 行，{taken}，退回 {len(self.refused)} 行，新增沿革 {self.lineage} 条"]
        lines += [f"  退回 {refusal}" for refusal in self.refused[:SHOWN]]
        if len(self.refused) > SHOWN:
            lines.append(f"  ……另有 {len(self.refused) - SHOWN} 行退回")
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])
