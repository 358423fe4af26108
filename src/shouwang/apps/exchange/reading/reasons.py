"""Why a file or a record was not taken, in words the sender can act on."""

from __future__ import annotations

from dataclasses import dataclass

# 代码: (原因, 怎么办)
FILE_REASONS: dict[str, tuple[str, str]] = {
    "file_name": (
        "文件名不符合约定",
        "请按“类别_县区划6位_所属期_序号.csv”或“.xlsx”命名后重报，例如 medical_990101_2026-09.csv",
    ),
    "too_large": ("文件超过允许的大小", "请按月份或乡镇拆成几个文件后重报"),
    "empty": ("文件是空的，没有任何内容", "请重新导出；本期确无数据的，报送只有表头的文件"),
    "ole": ("文件已加密或是旧版 .xls 格式", "请另存为未加密的 .xlsx 或 .csv 后重报"),
    "html": ("文件内容是网页或 XML，不是表格", "请用 Excel 打开后另存为 .xlsx 后重报"),
    "container": ("文件内容不是 CSV，也不是 XLSX 工作簿", "请直接报送 .csv 或 .xlsx，不要压缩，不要转成其他格式"),
    "extension": ("文件扩展名与内容不一致", "请另存为真正的 .csv 或 .xlsx 后重报，不要只改扩展名"),
    "encoding": ("无法判断文件编码", "请另存为 UTF-8 或 GB18030 编码的 CSV 后重报"),
    "delimiter": ("列之间没有用英文逗号分隔", "请导出为以英文逗号分隔的 CSV 后重报"),
    "no_header": ("前十行内找不到约定的表头", "请按数据契约的列名补上表头后重报"),
    "missing_column": ("缺少约定的列", "请按数据契约补齐这些列（列名须一致）后重报"),
    "duplicate_column": ("同一列名出现了两次", "请保留一列后重报"),
    "too_many_columns": ("列数超过 256 列", "请只保留数据契约约定的列后重报"),
    "truncated": ("工作簿不完整或已损坏", "可能没有下载完整，请重新导出、重新传送"),
    "zip_bomb": ("工作簿解压后异常巨大，疑似恶意文件", "请在 Excel 中新建工作簿，只粘贴数据后重报"),
    "zip_path": ("工作簿内部文件名异常，疑似恶意文件", "请在 Excel 中新建工作簿，只粘贴数据后重报"),
    "xml_entity": ("工作簿内含实体定义，疑似恶意文件", "请在 Excel 中新建工作簿，只粘贴数据后重报"),
    "macro": ("工作簿含有宏", "请另存为不含宏的 .xlsx 后重报"),
    "password": ("工作簿设有密码", "请取消密码后重报"),
    "damaged": ("工作簿内部结构不符合规范，无法可靠读取", "请用 Excel 打开后另存为新的 .xlsx 后重报"),
    "limits": ("读取时超过了内存或时间限制，已中止", "请按月份或乡镇拆成几个文件后重报"),
    "unreadable": ("读取程序遇到意外内容而中止", "请另存为 UTF-8 编码的 CSV 后重报；仍不行的，请联系技术支持"),
    "other_county": ("不是本区划的文件", "请核对文件名中的区划代码，报送给对应的县"),
}
ROW_REASONS: dict[str, tuple[str, str]] = {
    "encoding": ("这一行的编码有误，无法读出", "请用同一种编码重新导出这一行"),
    "encoding_mixed": ("这一行的编码与整份文件不一致，读出来是乱码", "请用同一种编码重新导出这一行"),
    "field_count": ("列数与表头不一致", "请检查是否多了或少了逗号；内容里有逗号的须加英文双引号"),
    "stray_quote": ("双引号位置不对", "内容里有双引号的，整格加双引号，并把里面的双引号写两遍"),
    "unterminated_quote": ("双引号没有成对，后面的行可能被吞掉", "请补上缺少的双引号，或删去多余的双引号"),
    "too_long": ("单元格超过 32767 个字", "请核对是否把多行内容粘到了一格"),
    "lost_upstream": ("有乱码（锟斤拷、□ 等），原文在上游已经丢失", "请从源系统重新导出，不能靠转码恢复"),
    "control_character": ("含有看不见的控制字符", "请删除不可见字符后重报"),
    "blank": ("必填项为空", "请补填后重报"),
    "length": ("身份证号位数不对", "应为 18 位（或 15 位旧号），请核对证件"),
    "characters": ("身份证号含有不应有的字符", "只能是数字，末位可为 X；请核对证件"),
    "checksum": ("身份证号校验码不对", "可能有一位写错，请核对证件"),
    "birth_date": ("身份证号中的出生日期不存在", "请核对证件"),
    "future_birth": ("身份证号中的出生日期在将来", "请核对证件"),
    "excel_precision": (
        "身份证号被 Excel 当作数字损坏，后几位已经丢失，任何软件都无法恢复",
        "请把该列设为“文本”格式，从源系统重新导出",
    ),
    "area": ("区划代码不对", "应为 12 位数字的本县区划代码"),
    "other_county": ("居住地不在本县", "请核对居住地代码；确属外县的报送给对应的县"),
    "name": ("姓名过长", "姓名最多 100 字，请核对是否串列"),
    "text": ("内容过长", "请核对是否串列"),
    "date": ("日期不对", "请写成 2026-09-01 这样的日期"),
    "future_date": ("日期在将来", "请核对日期"),
    "month": ("月份不对", "请写成 2026-09 这样的月份"),
    "money": ("金额不对", "请写成 1200.50 这样的数，最多两位小数，不能为负"),
    "code": ("不在约定的选项内", "请填写数据契约中的选项"),
    "uscc": ("统一社会信用代码不对", "应为 18 位且校验码正确，请核对营业执照"),
    "place": ("发放地代码不对", "应为 6 位或 12 位区划代码"),
    "plate": ("号牌号码不对", "请核对行驶证"),
    "phone": ("电话号码不对", "只填一个号码，7 至 20 位"),
    "int": ("应为整数", "请填写整数"),
    "decimal": ("应为数字", "请填写数字，最多两位小数"),
    "formula": ("单元格是公式", "请复制后“选择性粘贴—数值”再报"),
    "cell_error": ("单元格是 Excel 错误值", "请改正后重报"),
    "merged_cell": ("单元格被合并，无法确定这一行的值", "请取消合并并逐行填写"),
    "hidden_sheet": ("位于隐藏的工作表", "请取消隐藏并核对后重报"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason a record was not taken: the code, the column's header ('' = the whole record), and a remark that never quotes the cell."""

    code: str
    column: str = ""
    seen: str = ""

    @property
    def text(self) -> str:
        """The reason in Chinese."""
        return ROW_REASONS[self.code][0] + (f"（{self.seen}）" if self.seen else "")

    @property
    def todo(self) -> str:
        """What the sender should do."""
        return ROW_REASONS[self.code][1]

    def as_dict(self) -> dict[str, str]:
        """Return the form kept with the quarantined row."""
        return {"code": self.code, "column": self.column, "text": self.text, "todo": self.todo}


class Refused(Exception):
    """The whole file goes back: nothing of it is taken."""

    def __init__(self, code: str, seen: str = "") -> None:
        super().__init__(code, seen)
        self.code = code
        self.seen = seen

    @property
    def advice(self) -> str:
        """One Chinese sentence: what is wrong and what to do."""
        text, todo = FILE_REASONS[self.code]
        return f"{text}{f'（{self.seen}）' if self.seen else ''}。{todo}。"
