"""The law at the keyboard: evaluate, explain and check worked cases. No Django."""

from __future__ import annotations

import json
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from shouwang.engine.book import Book
    from shouwang.engine.explain import Explanation
    from shouwang.rules.worked_case import WorkedCase

CASE_FILE = click.argument("path", metavar="案例文件", type=click.Path(exists=True, dir_okay=False, path_type=Path))
CASE_NUMBER = click.option("--case", "number", default=1, show_default=True, help="文件中的第几个案例")


@cache
def the_book() -> Book:
    """Load the law once."""
    from shouwang.engine.book import load_book

    return load_book("shouwang.rules")


def read_case(path: Path, number: int) -> WorkedCase:
    """Read one case of a file, or end with a Chinese sentence."""
    from shouwang.rules.worked_case import CaseFileError, read_case_file

    try:
        cases = read_case_file(path, the_book())
    except CaseFileError as error:
        raise click.ClickException(f"{path.name}：{error}") from error
    if not 1 <= number <= len(cases):
        raise click.ClickException(f"{path.name} 只有 {len(cases)} 个案例")
    return cases[number - 1]


def case_files_in(path: Path) -> list[Path]:
    """The file itself, or every YAML file below a folder, in order."""
    return sorted(each for each in path.rglob("*") if each.suffix in (".yaml", ".yml")) if path.is_dir() else [path]


def rule_named(target: str) -> str:
    """The name in code of a rule called by it or by its 汉字 label, or end with a Chinese sentence."""
    from shouwang.rules.worked_case import perhaps

    book = the_book()
    named = [name for name in book.definitions if target in (name, book.label_of(name))]
    if len(named) != 1:
        raise click.ClickException(
            f"没有名为 {target} 的规则{perhaps(target, [*map(book.label_of, book.definitions), *book.definitions])}"
            if not named
            else f"{target} 指多条规则：{'、'.join(named)}"
        )
    return named[0]


@click.command("evaluate")
@CASE_FILE
@CASE_NUMBER
def evaluate(path: Path, number: int) -> None:
    """按案例文件（YAML）计算一户，列出每条规则的结果。"""
    from shouwang.engine.call import evaluate as compute
    from shouwang.rules.casefile import shown

    book, worked = the_book(), read_case(path, number)
    outcome = compute(book, worked.case, worked.as_of, worked.parameters)
    click.echo(f"{worked.name}（{worked.as_of}）")
    for who, results, missing in (
        ("家庭", outcome.household, outcome.missing),
        *zip(worked.who, outcome.persons, outcome.persons_missing, strict=True),
    ):
        click.echo(who)
        for name, value in results.items():
            lacking = "、".join(
                book.label_of(each.removeprefix("param:"))
                for each in missing.get(name, ())
                if not each.startswith("rule:")
            )
            tail = f"（缺少：{lacking}）" if value is None and lacking else ""
            click.echo(f"  {book.label_of(name)}：{shown(value, book.unit_of(name))}{tail}")


@click.command("explain")
@CASE_FILE
@CASE_NUMBER
@click.option("--rule", "target", required=True, help="规则名，如 dibao_eligible 或 符合低保条件")
@click.option("--member", type=int, help="第几个成员（个人规则）")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON：一段话、理由、缺少的事实、会改变结果的最近变化")
@click.option("--plain", "as_plain", is_flag=True, help="只输出给群众看的一段话")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="写成 PDF 文件")
def explain(  # noqa: PLR0917 - the words of the command
    path: Path, number: int, target: str, member: int | None, as_json: bool, as_plain: bool, pdf: Path | None
) -> None:
    """说明一条规则为什么得出这个结果：条件、判断、计算与事实、依据。"""
    from shouwang.engine.explain import explain as why
    from shouwang.engine.rule import Entity

    book, worked = the_book(), read_case(path, number)
    name = rule_named(target)
    if name not in book.versions_on(worked.as_of, worked.case.area_code):
        raise click.ClickException(f"规则 {target} 在 {worked.as_of.isoformat()} 没有施行")
    if book.entity_of(name) is Entity.HOUSEHOLD and member is not None:
        raise click.ClickException(f"{target} 是家庭规则：不要写 --member")
    if book.entity_of(name) is Entity.PERSON and not worked.who:
        raise click.ClickException(f"{target} 是个人规则，而这个案例没有成员")
    if book.entity_of(name) is Entity.PERSON and not (member and 1 <= member <= len(worked.who)):
        raise click.ClickException(f"{target} 是个人规则：请用 --member 指明第几个成员（1–{len(worked.who)}）")
    explanation = why(book, worked.case, worked.as_of, worked.parameters, name, None if member is None else member - 1)
    if pdf is not None:
        _write_pdf(pdf, worked, explanation)
    if as_json:
        click.echo(json.dumps(_as_dict(worked, explanation), ensure_ascii=False, indent=1))
    elif as_plain:
        click.echo(_plain(worked, explanation))
    elif pdf is None:
        click.echo("\n".join(explanation.lines()))


def _plain(worked: WorkedCase, explanation: Explanation) -> str:
    """The paragraph for the citizen, with the names of the case file."""
    from shouwang.engine.plain import plain
    from shouwang.engine.table import named

    who = "" if explanation.person is None else worked.who[explanation.person]
    return named(plain(the_book(), explanation, worked.as_of, who=who), dict(enumerate(worked.who, 1)))


def _as_dict(worked: WorkedCase, explanation: Explanation) -> dict[str, object]:
    from shouwang.engine.table import notices_of

    return {
        "case": worked.name,
        "area_code": worked.case.area_code,
        "as_of": worked.as_of.isoformat(),
        "members": list(worked.who),
        "plain": _plain(worked, explanation),
        "notices": list(notices_of(explanation, dict(enumerate(worked.who, 1)))),
        "explanation": explanation.as_dict(),
        "fingerprint": {"rules": the_book().fingerprint, "parameters": worked.parameters.fingerprint},
    }


def _write_pdf(path: Path, worked: WorkedCase, explanation: Explanation) -> None:
    """Write the PDF whole, or end with a Chinese sentence."""
    from shouwang.engine.paper import Paper, PaperRefused, pdf_of
    from shouwang.engine.table import named, notices_of, rows_of

    called = dict(enumerate(worked.who, 1))
    change = explanation.nearest_change
    remarks = [("缺少", "、".join(explanation.missing))] if explanation.missing else []
    remarks += [("会改变结果的最近变化", named(change.text, called))] if change else []
    paper = Paper(
        title=explanation.label,
        plain=_plain(worked, explanation),
        about=[("案例", worked.name), ("判定日", worked.as_of.isoformat())],
        remarks=[*remarks, *(("提示", notice) for notice in notices_of(explanation, called))],
        rows=rows_of(explanation, called),
        foot="按案例给出的事实计算",
        as_of=worked.as_of,
    )
    try:
        body = pdf_of(paper)
    except PaperRefused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    try:
        path.write_bytes(body)
    except OSError as error:
        raise click.ClickException(f"写不了 {path}：文件夹不存在或没有写入权限") from error
    click.echo(f"已写入 {path}", err=True)


@click.command("check")
@click.argument(
    "paths", metavar="案例文件或文件夹...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option("--quiet", is_flag=True, help="只列出不符的案例")
def check(paths: tuple[Path, ...], quiet: bool) -> None:
    """核对案例文件或文件夹：每个案例一行，不符的说明差在哪里；有不符时退出码为 1。"""
    from shouwang.rules.casefile import run_case_file

    files = {file: str(file.relative_to(path)) for path in paths for file in case_files_in(path) if file != path}
    files |= {path: path.name for path in paths if path.is_file()}
    if not files:
        raise click.ClickException("文件夹里没有案例文件（.yaml）")
    tally: Counter[bool] = Counter()
    for file, name in files.items():
        for result in run_case_file(file, the_book(), file=name):
            tally[result.passed] += 1
            if not (quiet and result.passed):
                click.echo(result.line())
    click.echo(f"{len(files)} 个文件，{tally.total()} 个案例：通过 {tally[True]} 个，不符 {tally[False]} 个")
    sys.exit(bool(tally[False]))
