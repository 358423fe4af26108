"""Reading a case file: the words an officer writes, turned into facts, parameters and expectations."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from shouwang.engine.book import Book
from shouwang.engine.call import Case
from shouwang.engine.parameter_spec import ParameterSpec
from shouwang.engine.parameters import GIVEN, Assertion, ParameterError, ParameterTable
from shouwang.engine.rule import Entity
from shouwang.lib.area_codes import normalise_code
from shouwang.lib.dates import DateError, day_number, parse_date
from shouwang.lib.halfwidth import excerpt, to_halfwidth
from shouwang.lib.money import MoneyError, fen_from_yuan
from shouwang.lib.ratio import ratio_from_text

Value = int | bool | None

FILE_KEYS = {"title", "source", "as_of", "area", "parameters", "covered", "cases"}
CASE_KEYS = {
    "name",
    "source",
    "note",
    "as_of",
    "area",
    "parameters",
    "covered",
    "household",
    "members",
    "expect",
    "missing",
}
YES, NO, UNKNOWN = ("是", "true"), ("否", "false"), ("未知", "无法判断")
ALL_FEEDS = "全部"
PERIODS = {"月": "month", "年": "year"}
_ALIKE, _FEW = 0.6, 3
_WHOLE = re.compile(r"[+-]?\d{1,12}", re.ASCII)


class CaseFileError(ValueError):
    """The file does not say what a case must say; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class WorkedCase:
    """A case as read: what is known of the household and its members, and what is expected."""

    name: str
    as_of: date
    case: Case
    who: tuple[str, ...]
    parameters: ParameterTable
    expected: Mapping[str, Value]
    expected_of: tuple[Mapping[str, Value], ...]
    missing: Mapping[str, tuple[str, ...]]


def read_case_file(path: Path, book: Book) -> list[WorkedCase]:
    """The cases of a YAML file. Raises CaseFileError (中文) naming the case and the word that is wrong."""
    head = _mapping(_content(path), FILE_KEYS, "文件")
    cases = head.pop("cases", None)
    if not isinstance(cases, list) or not cases:
        raise CaseFileError("没有案例：cases 下至少写一个")
    return [_Reader(book, head, each, number).read() for number, each in enumerate(cases, 1)]


def _content(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaseFileError("读不出：不是 UTF-8 编码，请在编辑软件中另存为 UTF-8") from error
    except OSError as error:
        raise CaseFileError("读不出：文件不存在或没有读取权限") from error
    try:
        return yaml.load(text, Loader=_Texts)  # noqa: S506 - a SafeLoader that keeps texts
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"第 {mark.line + 1} 行第 {mark.column + 1} 列附近" if mark else ""
        own = error.problem and not error.problem.isascii()
        said = error.problem if own else "写法不合 YAML 格式，请核对缩进、冒号后的空格和括号"
        raise CaseFileError(f"读不出：{where}{said}") from error
    except yaml.YAMLError as error:
        raise CaseFileError("读不出：含有不能显示的字符") from error
    except RecursionError as error:
        raise CaseFileError("读不出：括号套得太深") from error


class _Texts(yaml.SafeLoader):
    """Keeps every scalar as the text that was written, so that 600 and 600.10 stay exact; refuses a key written twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"“{key}”写了两次", node.start_mark)
        return super().construct_mapping(node, deep=deep)

    def refuse_tag(self, node: yaml.Node) -> Any:
        """A tag would make something other than a text of a value."""
        raise yaml.constructor.ConstructorError(None, None, f"不能写类型标记“{node.tag}”", node.start_mark)


_Texts.yaml_constructors = {
    f"tag:yaml.org,2002:{kind}": yaml.SafeLoader.yaml_constructors[f"tag:yaml.org,2002:{kind}"]
    for kind in ("str", "seq", "map")
} | {None: _Texts.refuse_tag}


class _Reader:
    def __init__(self, book: Book, head: Mapping[str, Any], content: Any, number: int) -> None:
        self.book = book
        self.where = f"第{number}个案例"
        given = _mapping(content, CASE_KEYS, self.where)
        parameters: dict[Any, Any] = {}
        for part in (head, given):
            parameters |= _mapping(part.get("parameters") or {}, None, f"{self.where}：parameters")
        self.given = {**head, **given, "parameters": parameters}
        self.where = str(self.given.get("name") or self.where)

    def fail(self, message: str) -> CaseFileError:
        return CaseFileError(f"{self.where}：{message}")

    def read(self) -> WorkedCase:
        as_of, area = self.as_of(), self.area()
        members = self.given.get("members") or []
        if not isinstance(members, list):
            raise self.fail("members 应是成员的列表")
        facts, expected_of, who = [], [], []
        for number, member in enumerate(members, 1):
            known = dict(_mapping(member, None, f"{self.where}：第{number}个成员"))
            who.append(str(known.pop("who", f"成员{number}")))
            expected_of.append(self.values(known.pop("expect", None) or {}, Entity.PERSON, "rules"))
            facts.append(self.with_absent(self.values(known, Entity.PERSON, "inputs"), Entity.PERSON))
        household = self.values(self.given.get("household") or {}, Entity.HOUSEHOLD, "inputs")
        expected = self.values(self.given.get("expect") or {}, Entity.HOUSEHOLD, "rules")
        if not expected and not any(expected_of):
            raise self.fail("没有写预期结果（expect）")
        return WorkedCase(
            name=self.where,
            as_of=as_of,
            case=Case(area, self.with_absent(household, Entity.HOUSEHOLD), facts),
            who=tuple(who),
            parameters=self.parameters(area, as_of),
            expected=expected,
            expected_of=tuple(expected_of),
            missing=self.missing(),
        )

    def as_of(self) -> date:
        try:
            return parse_date(str(self.given.get("as_of") or ""))
        except DateError as error:
            raise self.fail(f"判定日 as_of：{error}") from error

    def area(self) -> str:
        try:
            return normalise_code(str(self.given.get("area") or ""))
        except ValueError as error:
            raise self.fail(f"地区 area：{error}") from error

    def parameters(self, area: str, as_of: date) -> ParameterTable:
        rows = []
        for word, text in self.given["parameters"].items():
            name = self.name_of(word, self.book.parameter_specs)
            spec = self.book.parameter_specs[name]
            amount, per = self.per_period(str(word), spec, text)
            value = self.value(str(word), spec.unit, amount)
            if value is None:
                raise self.fail(f"参数“{word}”没有值")
            rows.append(Assertion(name, area, int(value), per, valid_from=as_of, source=GIVEN))
        try:
            return self.book.table(rows)
        except ParameterError as error:
            raise self.fail(str(error)) from error

    def per_period(self, word: str, spec: ParameterSpec, text: Any) -> tuple[Any, str]:
        """The amount without its period, and what it is per: 600元/月 of a yearly standard is per person-month."""
        if spec.unit != "fen":
            return text, spec.unit
        amount, _, period = str(text).partition("/")
        whose = spec.per.rpartition("-")[0]
        if period:
            if period not in PERIODS or not whose:
                raise self.fail(f"“{word}”的值“{excerpt(str(text))}”读不出：期间应写 /月 或 /年")
            return amount, f"{whose}-{PERIODS[period]}"
        if spec.per.endswith("-year"):
            raise self.fail(f"“{word}”应写明期间，如 {excerpt(str(text))}/月 或 {excerpt(str(text))}/年")
        return text, spec.per or "fen"

    def values(self, given: Any, entity: Entity, of: str) -> dict[str, Value]:
        known = self.book.inputs if of == "inputs" else self.book.definitions
        found: dict[str, Value] = {}
        for word, text in _mapping(given, None, self.where).items():
            name = self.name_of(word, known)
            if self.book.entity_of(name) is not entity:
                right = "成员名下" if entity is Entity.HOUSEHOLD else "家庭（household 或案例的 expect）"
                raise self.fail(f"“{word}”应写在{right}")
            if name in found:
                raise self.fail(f"“{word}”写了两次")
            found[name] = self.value(str(word), self.book.unit_of(name), text)
        return found

    def with_absent(self, facts: dict[str, Value], entity: Entity) -> dict[str, Value]:
        """What a delivered feed does not mention is 0; what no feed has delivered is unknown.

        Of an item a case gives a value of, there is a record: the number of records is 1 unless the case says otherwise.
        """
        filled: dict[str, Value] = {}
        recorded = {self.book.inputs[name].item for name, value in facts.items() if value is not None}
        for name, spec in self.book.inputs.items():
            if spec.entity is entity:
                nothing: Value = False if spec.unit == "bool" else 0
                if spec.fold == "count_active" and spec.item in recorded:
                    nothing = 1
                decided = spec.item is not None and spec.absent == "zero" and self.is_covered(spec.item)
                filled[name] = facts.get(name, nothing if decided else None)
        return filled

    def is_covered(self, item: str) -> bool:
        covered = self.given.get("covered", ALL_FEEDS)
        if covered == ALL_FEEDS:
            return True
        feeds = {item.feed for item in self.book.items.values()}
        if not isinstance(covered, list) or not all(isinstance(feed, str) and feed in feeds for feed in covered):
            raise self.fail(f"covered 应写“{ALL_FEEDS}”或来源的列表（{'、'.join(sorted(feeds))}）")
        return self.book.items[item].feed in covered

    def missing(self) -> dict[str, tuple[str, ...]]:
        found = {}
        for word, labels in _mapping(self.given.get("missing") or {}, None, self.where).items():
            if not isinstance(labels, list) or not labels:
                raise self.fail(f"missing 的“{word}”应是所缺事实的列表")
            found[self.name_of(word, self.book.definitions)] = tuple(str(label) for label in labels)
        return found

    def name_of(self, word: Any, known: Mapping[str, Any]) -> str:
        if word in known:
            return str(word)
        named = [name for name in _labelled(self.book).get(str(word), ()) if name in known]
        if len(named) != 1:
            raise self.fail(
                f"不认识“{word}”{self.perhaps(str(word), known)}"
                if not named
                else f"“{word}”有多个含义：{'、'.join(named)}"
            )
        return named[0]

    def perhaps(self, word: str, known: Mapping[str, Any]) -> str:
        """What a word nobody knows may have been meant for."""
        for part, names in (
            ("事实（household 或成员名下）", self.book.inputs),
            ("参数（parameters）", self.book.parameter_specs),
            ("结论（expect）", self.book.definitions),
        ):
            if word in names or any(name in names for name in _labelled(self.book).get(word, ())):
                return f"：它是{part}，写错了地方"
        return perhaps(word, [*(self.book.label_of(name) for name in known), *known])

    def value(self, word: str, unit: str, text: Any) -> Value:
        if text in UNKNOWN:
            return None
        try:
            if unit == "bool":
                return _truth(text)
            if unit == "fen":
                return fen_from_yuan(str(text))
            if unit == "ratio":
                return ratio_from_text(str(text))
            return day_number(parse_date(str(text))) if unit == "date" else _whole(str(text))
        except (MoneyError, DateError, ValueError) as error:
            raise self.fail(f"“{word}”的值“{excerpt(str(text))}”读不出：{error}") from error


def perhaps(word: str, known: Collection[str]) -> str:
    """For the end of a sentence that refuses a word: the nearest ones that are known, or nothing."""
    near = get_close_matches(word, known, n=_FEW, cutoff=_ALIKE)
    near = near or sorted((each for each in known if word and word in each), key=len)[:_FEW]
    return f"，是不是{'、'.join(f'“{each}”' for each in near)}" if near else ""


@lru_cache(maxsize=4)
def _labelled(book: Book) -> dict[str, list[str]]:
    """Label → the names in code that bear it."""
    found: dict[str, list[str]] = {}
    for name in (*book.inputs, *book.parameter_specs, *book.definitions):
        found.setdefault(book.label_of(name), []).append(name)
    return found


def _mapping(content: Any, allowed: set[str] | None, where: str) -> dict[Any, Any]:
    if not isinstance(content, dict):
        raise CaseFileError(f"{where}：应是“名称: 值”的形式")
    strange = set(content) - allowed if allowed else set()
    if strange:
        raise CaseFileError(f"{where}：不认识 {'、'.join(sorted(map(str, strange)))}")
    return dict(content)


def _whole(text: str) -> int:
    plain = to_halfwidth(text).strip()
    if _WHOLE.fullmatch(plain) is None:
        raise ValueError("应是不超过12位的整数")
    return int(plain)


def _truth(text: Any) -> bool:
    if text in YES:
        return True
    if text in NO:
        return False
    raise ValueError("应写 是、否 或 未知")
