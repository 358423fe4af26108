"""Records as the cells a department writes: agreed headers, Chinese labels, dates and amounts as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from shouwang.synth.county.rows import (
    Asset,
    Benefit,
    Custody,
    Death,
    Disability,
    Disaster,
    Employment,
    Medical,
    Pension,
    School,
)

DISABILITY_KINDS = ("视力", "听力", "言语", "肢体", "智力", "精神", "多重")
GRADES = ("一级", "二级", "三级", "四级")
STAGES = ("小学", "初中", "普通高中", "中职", "大专", "本科", "研究生")
STATUSES = ("在读", "休学", "退学", "毕业")
CUSTODY = ("服刑", "强制隔离戒毒")
PERSON = ("身份证号", "姓名")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A feed on paper: headers, which columns hold dates, amounts and codes, and how a record fills the rest."""

    headers: tuple[str, ...]
    fill: Callable[[Any], list[str]]
    dates: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()
    codes: tuple[int, ...] = ()
    id_place: int = 0
    name_place: int = 1


def yuan(fen: int) -> str:
    """Plain decimal text of an amount in 分; negative amounts keep their sign."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def iso(day: date | None) -> str:
    """A date as 2026-09-01, blank when there is none."""
    return "" if day is None else day.isoformat()


def _medical(row: Medical) -> list[str]:
    return [iso(row.day), row.visit, yuan(row.total), yuan(row.paid), row.illness]


def _disability(row: Disability) -> list[str]:
    kind, grade = DISABILITY_KINDS[row.kind - 1], GRADES[row.grade - 1]
    return [kind, grade, iso(row.issued), "注销" if row.cancelled else "正常"]


def _death(row: Death) -> list[str]:
    return [iso(row.day), iso(row.day), row.office]


def _pension(row: Pension) -> list[str]:
    return [f"{row.month:%Y-%m}", row.scheme, yuan(row.amount)]


def _school(row: School) -> list[str]:
    paid = "" if row.paid is None else yuan(row.paid)
    return [row.school, STAGES[row.stage - 1], STATUSES[row.status - 1], iso(row.day), paid]


def _vehicle(row: Asset) -> list[str]:
    return [row.number, row.kind, iso(row.day), "注销" if row.ended else "正常", iso(row.ended)]


def _realestate(row: Asset) -> list[str]:
    return [row.number, row.kind, f"{row.size}.00", iso(row.day), "注销" if row.ended else "现势", iso(row.ended)]


def _market(row: Asset) -> list[str]:
    status = "注销" if row.ended else "存续"
    return [row.number, f"安禾县{row.kind}", iso(row.day), str(max(row.size // 10, 1)), status, iso(row.ended)]


def _employment(row: Employment) -> list[str]:
    wage = "" if row.wage is None else yuan(row.wage)
    return ["就业" if row.status == 1 else "失业", iso(row.day), row.employer, wage]


def _custody(row: Custody) -> list[str]:
    return [CUSTODY[row.kind - 1], iso(row.day), iso(row.last)]


def _disaster(row: Disaster) -> list[str]:
    return [row.kind, iso(row.day), row.housing, yuan(row.loss)]


def _benefit(row: Benefit) -> list[str]:
    status = "退回" if row.returned else "成功"
    return [row.programme, f"{row.month:%Y-%m}", yuan(row.amount), status, row.returned, row.place]


SHEETS: dict[str, Sheet] = {
    "medical": Sheet(
        (*PERSON, "结算日期", "就诊类型", "总费用(元)", "个人自付(元)", "大病专项救治病种"),
        _medical,
        (2,),
        (4, 5),
        (3,),
    ),
    "disability": Sheet((*PERSON, "残疾类别", "残疾等级", "发证日期", "证件状态"), _disability, (4,), (), (2, 3, 5)),
    "death": Sheet((*PERSON, "死亡日期", "火化日期", "登记单位"), _death, (2,)),
    "pension": Sheet((*PERSON, "发放月份", "养老金类型", "发放金额(元)"), _pension, (), (4,), (3,)),
    "school": Sheet(
        (*PERSON, "学校名称", "学段", "学籍状态", "状态日期", "本学年个人负担(元)"), _school, (5,), (6,), (3, 4)
    ),
    "vehicle": Sheet((*PERSON, "号牌号码", "车辆类型", "初次登记日期", "状态", "注销日期"), _vehicle, (4,), (), (5,)),
    "realestate": Sheet(
        (*PERSON, "不动产单元号", "用途", "建筑面积(平方米)", "登记日期", "状态", "注销日期"),
        _realestate,
        (5,),
        (),
        (6,),
    ),
    "market": Sheet(
        (
            "法定代表人身份证号",
            "法定代表人姓名",
            "统一社会信用代码",
            "主体名称",
            "成立日期",
            "注册资本(万元)",
            "登记状态",
            "注销日期",
        ),
        _market,
        (4,),
        (),
        (6,),
    ),
    "employment": Sheet((*PERSON, "登记类型", "登记日期", "用人单位", "月工资(元)"), _employment, (3,), (5,), (2,)),
    "custody": Sheet((*PERSON, "类别", "起始日期", "截止日期"), _custody, (3,), (), (2,)),
    "disaster": Sheet(
        ("户主身份证号", "户主姓名", "灾种", "受灾日期", "房屋损失", "直接经济损失(元)"), _disaster, (3,), (5,), (4,)
    ),
    "benefit": Sheet(
        (*PERSON, "救助类别", "发放月份", "发放金额(元)", "发放状态", "退回原因", "发放地代码"),
        _benefit,
        (),
        (4,),
        (5,),
    ),
}

REGISTER_HEADERS = (
    "户编号",
    "与户主关系",
    "姓名",
    "身份证号",
    "居住地代码",
    "联系电话",
    "救助类别",
    "纳入日期",
    "年工资性收入",
    "年经营净收入",
    "年财产净收入",
    "年转移净收入",
    "申报月养老金",
    "财产是否符合规定",
    "授权到期日",
    "复核到期日",
)
