"""共同生活的家庭成员 (57号文第7条)."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, count, rule


@rule(PERSON, "计入共同生活家庭成员", cites="dibao-2021-57:7", since="2021-07-01")
def counted_member(deceased: bool, custody_kind: int, member_separated: bool, lives_apart: bool) -> bool:
    """Art. 7 leaves out those serving a sentence or held for 强制隔离戒毒; a clerk records the other exclusions as facts."""
    return not deceased and custody_kind == 0 and not member_separated and not lives_apart


count("unit_size", "共同生活家庭人数", where="counted_member", cites="dibao-2021-57:7", since="2021-07-01")
