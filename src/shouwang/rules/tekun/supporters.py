"""无法定义务人，或义务人无履行能力 (特困人员认定办法第8条): every legal supporter is judged one by one.

A member's relation is to the head, so who supports whom is read through the head: spouse and spouse, parent and grown
child. Where that leaves open whose spouse, child or parent an able member is, the case waits for a finding. Duties of
grandparents, grandchildren and siblings depend on more than a relation: they count only where a finding names the
supporter. Whoever is recorded as living apart is a supporter by that very record; that nobody is recorded proves nothing
until the applicant's outside supporters have been looked for (``obligors_listed``).
"""

from __future__ import annotations

from shouwang.engine.rule import PERSON, any_of, count, rule

HEAD, SPOUSE, CHILD, PARENT, PARENT_OF_SPOUSE, SIBLING, YOUNGER, GRANDPARENT, OTHER = 1, 2, 3, 4, 5, 6, 7, 8, 0
HEAD_CODES = (1, 2)
SPOUSE_CODES = (10, 11, 12)
CHILD_CODES = (20, 21, 22, 23, 24, 25, 26, 27, 29, 30, 31, 32, 33, 34, 35, 36, 37, 39)
"""子女, without 女婿 28 and 儿媳 38."""
PARENT_CODES = (50, 51, 52, 57, 58, 59)
PARENT_OF_SPOUSE_CODES = (53, 54, 55, 56)
SIBLING_CODES = (70, 71, 73, 75, 77, 79)
"""兄弟姐妹, without their spouses."""
YOUNGER_CODES = (28, 38, 40, 41, 42, 43, 44)
"""女婿、儿媳、孙辈: kin of one of the children, but the code does not say of which."""
GRANDPARENT_CODES = (60, 61, 62, 63, 64)
KIN = (1, 2, 3, 4, 5, 6, 7)
NOT_JUDGED, IS, IS_NOT = 0, 1, 2
UNABLE, ABLE = 1, 2
HOLDS, FAILS = 1, 2
INTELLECT_OR_MIND = (5, 6)
MULTIPLE_OR_UNSTATED = (0, 7)
FIRST, SECOND, THIRD = 1, 2, 3
SERVING_SENTENCE = 1


@rule(PERSON, "特困办法所称重度残疾义务人", cites="tekun-2021-43:8", since="2021-07-01")
def obligor_severely_disabled(disability_kind: int, disability_grade: int, multiple_has_mental: bool) -> bool:
    """第8条(四)：重度（一、二级，任何类别）残疾人，和三级智力、精神残疾人；与第5条的范围不同。"""
    mental = disability_kind in INTELLECT_OR_MIND or (disability_kind in MULTIPLE_OR_UNSTATED and multiple_has_mental)
    return FIRST <= disability_grade <= SECOND or (disability_grade == THIRD and mental)


@rule(PERSON, "义务人财产符合规定", cites="tekun-2021-43:8", since="2021-07-01")
def obligor_property_ok(lives_apart: bool, obligor_property_compliant: bool, property_ok: bool) -> bool:
    """不共同生活的看本人核查结论，共同生活的看本户财产。"""
    return obligor_property_compliant if lives_apart else property_ok


@rule(PERSON, "义务人收入低于上年人均可支配收入", cites="tekun-2021-43:8", since="2021-07-01")
def obligor_income_low(own_income_year: int, disposable_income_line: int) -> bool:
    """本人收入，低于（不含等于）。"""
    return own_income_year < disposable_income_line


@rule(PERSON, "义务人为特困人员或60岁以上低保对象", cites="tekun-2021-43:8", since="2021-07-01")
def obligor_on_benefit(on_tekun: bool, on_dibao: bool, age: int, elder_age: int) -> bool:
    """第8条(一)(二)：不查收入和财产。"""
    return on_tekun or (on_dibao and age >= elder_age)


@rule(PERSON, "义务人高龄或重残且收入财产合规", cites="tekun-2021-43:8", since="2021-07-01")
def obligor_old_or_disabled(
    age: int,
    obligor_elder_age: int,
    obligor_severely_disabled: bool,
    obligor_income_low: bool,
    obligor_property_ok: bool,
) -> bool:
    """第8条(三)(四)：70岁以上，或重度残疾和三级智力、精神残疾；收入和财产都要查。"""
    old_or_disabled = age >= obligor_elder_age or obligor_severely_disabled
    return old_or_disabled and obligor_income_low and obligor_property_ok


@rule(PERSON, "义务人无行为能力、失踪或服刑且财产合规", cites="tekun-2021-43:8", since="2021-07-01")
def obligor_incapable(
    no_civil_capacity: bool, declared_missing: bool, custody_kind: int, obligor_property_ok: bool
) -> bool:
    """第8条(五)：只查财产。强制隔离戒毒不在列。"""
    return (no_civil_capacity or declared_missing or custody_kind == SERVING_SENTENCE) and obligor_property_ok


@rule(PERSON, "义务人无履行能力", cites="tekun-2021-43:8", since="2021-07-01")
def obligor_unable(
    obligor_finding: int, obligor_on_benefit: bool, obligor_old_or_disabled: bool, obligor_incapable: bool
) -> bool:
    """经认定的结论优先；第8条(六)省定的其他情形也由认定结论写明。"""
    if obligor_finding == UNABLE:
        return True
    if obligor_finding == ABLE:
        return False
    return obligor_on_benefit or obligor_old_or_disabled or obligor_incapable


@rule(PERSON, "经认定或不共同生活的法定义务人", cites="tekun-2021-43:8", since="2021-07-01")
def named_obligor(lives_apart: bool, obligor_named: int) -> bool:
    return obligor_named == IS or (lives_apart and obligor_named != IS_NOT)


@rule(PERSON, "与户主的亲属类别", cites=["tekun-2021-43:8", "civil-code:26"], since="2021-07-01", unit="code")
def kin_group(relation_to_head: int) -> int:
    """1户主 2配偶 3子女 4父母 5配偶的父母 6兄弟姐妹 7女婿儿媳和孙辈 8祖父母 0其他。"""
    if relation_to_head in HEAD_CODES:
        return HEAD
    if relation_to_head in SPOUSE_CODES:
        return SPOUSE
    if relation_to_head in CHILD_CODES:
        return CHILD
    if relation_to_head in PARENT_CODES:
        return PARENT
    if relation_to_head in PARENT_OF_SPOUSE_CODES:
        return PARENT_OF_SPOUSE
    if relation_to_head in SIBLING_CODES:
        return SIBLING
    if relation_to_head in YOUNGER_CODES:
        return YOUNGER
    return GRANDPARENT if relation_to_head in GRANDPARENT_CODES else OTHER


@rule(PERSON, "按关系可为家庭成员的法定义务人", cites=["tekun-2021-43:8", "civil-code:26"], since="2021-07-01")
def obligor_by_relation(kin_group: int, age: int, adult_age: int, lives_apart: bool, obligor_named: int) -> bool:
    """成年的近亲属；未成年人没有赡养、扶养义务。对谁有义务，见“本户另有亲属能履行义务”。"""
    return obligor_named == NOT_JUDGED and not lives_apart and kin_group in KIN and age >= adult_age


@rule(PERSON, "法定义务人", cites="tekun-2021-43:8", since="2021-07-01")
def is_obligor(named_obligor: bool, obligor_by_relation: bool) -> bool:
    return named_obligor or obligor_by_relation


@rule(PERSON, "有履行能力的经认定义务人", cites="tekun-2021-43:8", since="2021-07-01")
def able_named(named_obligor: bool, deceased: bool, obligor_unable: bool) -> bool:
    return named_obligor and not deceased and not obligor_unable


@rule(PERSON, "有履行能力的近亲属", cites="tekun-2021-43:8", since="2021-07-01")
def able_relative(obligor_by_relation: bool, deceased: bool, obligor_unable: bool) -> bool:
    return obligor_by_relation and not deceased and not obligor_unable


@rule(PERSON, "有履行能力的户主", cites="tekun-2021-43:8", since="2021-07-01")
def able_head(kin_group: int, able_relative: bool) -> bool:
    return kin_group == HEAD and able_relative


@rule(PERSON, "有履行能力的户主配偶", cites="tekun-2021-43:8", since="2021-07-01")
def able_spouse(kin_group: int, able_relative: bool) -> bool:
    return kin_group == SPOUSE and able_relative


@rule(PERSON, "有履行能力的成年子女", cites="tekun-2021-43:8", since="2021-07-01")
def able_child(kin_group: int, able_relative: bool) -> bool:
    return kin_group == CHILD and able_relative


@rule(PERSON, "有履行能力的户主父母", cites="tekun-2021-43:8", since="2021-07-01")
def able_parent(kin_group: int, able_relative: bool) -> bool:
    return kin_group == PARENT and able_relative


@rule(PERSON, "有履行能力的户主配偶的父母", cites="tekun-2021-43:8", since="2021-07-01")
def able_parent_of_spouse(kin_group: int, able_relative: bool) -> bool:
    return kin_group == PARENT_OF_SPOUSE and able_relative


@rule(PERSON, "有履行能力的户主兄弟姐妹", cites="tekun-2021-43:8", since="2021-07-01")
def able_sibling(kin_group: int, able_relative: bool) -> bool:
    return kin_group == SIBLING and able_relative


@rule(PERSON, "有履行能力的女婿儿媳和成年孙辈", cites="tekun-2021-43:8", since="2021-07-01")
def able_younger(kin_group: int, able_relative: bool) -> bool:
    return kin_group == YOUNGER and able_relative


any_of("any_able_head", "家中能履行义务的户主", where="able_head", cites="tekun-2021-43:8", since="2021-07-01")
any_of("any_able_spouse", "家中能履行义务的户主配偶", where="able_spouse", cites="tekun-2021-43:8", since="2021-07-01")
any_of("any_able_child", "家中能履行义务的成年子女", where="able_child", cites="tekun-2021-43:8", since="2021-07-01")
any_of("any_able_parent", "家中能履行义务的户主父母", where="able_parent", cites="tekun-2021-43:8", since="2021-07-01")
any_of(
    "any_able_parent_of_spouse",
    "家中能履行义务的户主配偶的父母",
    where="able_parent_of_spouse",
    cites="tekun-2021-43:8",
    since="2021-07-01",
)
any_of(
    "any_able_sibling",
    "家中能履行义务的户主兄弟姐妹",
    where="able_sibling",
    cites="tekun-2021-43:8",
    since="2021-07-01",
)
any_of(
    "any_able_younger",
    "家中能履行义务的女婿儿媳和成年孙辈",
    where="able_younger",
    cites="tekun-2021-43:8",
    since="2021-07-01",
)
any_of(
    "any_able_named", "家中能履行义务的经认定义务人", where="able_named", cites="tekun-2021-43:8", since="2021-07-01"
)
count("able_parent_count", "有履行能力的户主父母人数", where="able_parent", cites="tekun-2021-43:8", since="2021-07-01")
count(
    "able_parent_of_spouse_count",
    "有履行能力的户主配偶的父母人数",
    where="able_parent_of_spouse",
    cites="tekun-2021-43:8",
    since="2021-07-01",
)
count(
    "able_younger_count",
    "有履行能力的女婿儿媳和成年孙辈人数",
    where="able_younger",
    cites="tekun-2021-43:8",
    since="2021-07-01",
)
count(
    "able_named_count", "有履行能力的经认定义务人人数", where="able_named", cites="tekun-2021-43:8", since="2021-07-01"
)


@rule(PERSON, "另有能履行义务的户主父母", cites="tekun-2021-43:8", since="2021-07-01")
def other_able_parent(able_parent: bool, any_able_parent: bool, able_parent_count: int) -> bool:
    """户主的父母中除本人外。"""
    return able_parent_count > 1 if able_parent else any_able_parent


@rule(PERSON, "另有能履行义务的户主配偶的父母", cites="tekun-2021-43:8", since="2021-07-01")
def other_able_parent_of_spouse(
    able_parent_of_spouse: bool, any_able_parent_of_spouse: bool, able_parent_of_spouse_count: int
) -> bool:
    """户主配偶的父母中除本人外。"""
    return able_parent_of_spouse_count > 1 if able_parent_of_spouse else any_able_parent_of_spouse


@rule(PERSON, "另有能履行义务的女婿儿媳或孙辈", cites="tekun-2021-43:8", since="2021-07-01")
def other_able_younger(able_younger: bool, any_able_younger: bool, able_younger_count: int) -> bool:
    """除本人外。"""
    return able_younger_count > 1 if able_younger else any_able_younger


@rule(PERSON, "另有能履行义务的经认定义务人", cites="tekun-2021-43:8", since="2021-07-01")
def other_able_named(able_named: bool, any_able_named: bool, able_named_count: int) -> bool:
    """除本人外；不共同生活的法定义务人都算。"""
    return able_named_count > 1 if able_named else any_able_named


@rule(PERSON, "本户另有亲属能履行义务", cites=["tekun-2021-43:8", "civil-code:26"], since="2021-07-01")
def has_able_kin(
    kin_group: int,
    any_able_head: bool,
    any_able_spouse: bool,
    any_able_child: bool,
    any_able_parent: bool,
    any_able_parent_of_spouse: bool,
    any_able_sibling: bool,
    other_able_parent: bool,
    other_able_parent_of_spouse: bool,
) -> bool:
    """户主：配偶、成年子女、父母；配偶：户主、成年子女、自己的父母；子女：户主及其配偶；父母：各子女、另一方；兄弟姐妹：父母。"""
    if kin_group == HEAD:
        return any_able_spouse or any_able_child or any_able_parent
    if kin_group == SPOUSE:
        return any_able_head or any_able_child or any_able_parent_of_spouse
    if kin_group == CHILD:
        return any_able_head or any_able_spouse
    if kin_group == PARENT:
        return any_able_head or any_able_sibling or other_able_parent
    if kin_group == PARENT_OF_SPOUSE:
        return any_able_spouse or other_able_parent_of_spouse
    return kin_group == SIBLING and any_able_parent


@rule(PERSON, "有能力的亲属与本人关系未明", cites=["tekun-2021-43:8", "civil-code:26"], since="2021-07-01")
def has_unclear_kin(
    kin_group: int, any_able_child: bool, any_able_parent: bool, any_able_younger: bool, other_able_younger: bool
) -> bool:
    """是不是本人的配偶、子女或父母，从与户主的关系看不出来的：对子女是女婿儿媳和孙辈，对后者是子女和同辈，对祖父母是父母。"""
    if kin_group == CHILD:
        return any_able_younger
    if kin_group == YOUNGER:
        return any_able_child or other_able_younger
    return kin_group == GRANDPARENT and any_able_parent


@rule(PERSON, "另有法定义务人能履行义务", cites="tekun-2021-43:8", since="2021-07-01")
def has_able_obligor(has_able_kin: bool, other_able_named: bool) -> bool:
    """One able supporter decides, whatever is not known of the others."""
    return has_able_kin or other_able_named


@rule(PERSON, "无法定义务人或义务人无履行能力", cites="tekun-2021-43:8", since="2021-07-01")
def no_support(
    support_finding: int,
    has_able_obligor: bool,
    on_tekun: bool,
    obligors_listed: bool,
    has_unclear_kin: bool,
    support_finding_needed: int,
) -> bool:
    """全部义务人都没有履行能力才成立；经认定的结论优先；在外的义务人没有查清、关系未明的，等待核查认定。

    For who is already in 特困 they were looked for at the recognition.
    """
    looked_for = on_tekun or obligors_listed
    if support_finding == HOLDS:
        return True
    if support_finding == FAILS:
        return False
    return not has_able_obligor and looked_for and (not has_unclear_kin or support_finding_needed == HOLDS)
