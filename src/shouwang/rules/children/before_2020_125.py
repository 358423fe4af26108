"""125号补充以前的无人抚养情形: who counted as unable to look after a child under 民发〔2019〕62号 alone, until 民发〔2020〕125号 added to its list."""

from __future__ import annotations

from shouwang.engine.rule import PERSON, rule


@rule(PERSON, "父亲不能履行监护抚养责任", cites="children-2019-62:一", since="2020-01-01", until="2020-12-24")
def father_unable(father_gone: bool, father_unfit: bool, father_detained: bool, father_out_of_contact: bool) -> bool:
    return father_gone or father_unfit or father_detained or father_out_of_contact


@rule(PERSON, "母亲不能履行监护抚养责任", cites="children-2019-62:一", since="2020-01-01", until="2020-12-24")
def mother_unable(mother_gone: bool, mother_unfit: bool, mother_detained: bool, mother_out_of_contact: bool) -> bool:
    return mother_gone or mother_unfit or mother_detained or mother_out_of_contact
