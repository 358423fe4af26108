"""``shouwang simulate``: what if, on case files (base install) or on the register (``[web]``)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shouwang.cli.law import case_files_in, the_book
from shouwang.cli.progress import Bars

if TYPE_CHECKING:
    from shouwang.engine.reform import Reform
    from shouwang.engine.simulate import Summary
    from shouwang.rules.worked_case import WorkedCase

COUNTS = (
    ("all", "户数"),
    ("gain", "受益"),
    ("lose", "减少"),
    ("newly", "新纳入"),
    ("exits", "退出"),
    ("same", "不变"),
    ("untold", "无法判断"),
)
MONEY = (("before", "现月支出（元）"), ("after", "改后月支出（元）"))


@click.command("simulate")
@click.argument("paths", metavar="[案例文件或文件夹...]", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--area", help="区划代码：不写案例文件时，对登记册里这个区划的住户测算")
@click.option("--as-of", type=click.DateTime(formats=["%Y-%m-%d"]), help="判定日，默认今天（案例文件按各自的判定日）")
@click.option("--set", "changes", multiple=True, metavar="参数=值", help="如 dibao_rural=660元/月、农村低保标准=+10%")
@click.option("--version", "versions", multiple=True, metavar="规则@施行日", help="如 household_income@2012-12-12")
@click.option("--csv", "target", type=click.Path(dir_okay=False, path_type=Path), help="把各项数字写入 CSV 文件")
def simulate(  # noqa: PLR0917 - click gives them by name
    paths: tuple[Path, ...],
    area: str | None,
    as_of: Any,
    changes: tuple[str, ...],
    versions: tuple[str, ...],
    target: Path | None,
) -> None:
    """模拟测算：改一个标准或改用规则的另一个版本，看谁受益、谁退出、每月多支出多少。不改动任何待遇。"""
    if bool(paths) == bool(area):
        raise click.ClickException("请写案例文件，或用 --area 写明区划，二者取一")
    if not changes and not versions:
        raise click.ClickException("没有写要改什么：用 --set 参数=值，或 --version 规则@施行日")
    day = as_of.date() if as_of else None
    summary = of_cases(paths, changes, versions, day) if paths else of_register(str(area), changes, versions, day)
    click.echo(one_line(summary["total"]))
    for label, row in summary["benefits"].items():
        click.echo(f"  {label}：{one_line(row)}")
    if summary.get("skipped"):
        click.echo(f"  不能测算的案例 {len(summary['skipped'])} 个，如 {summary['skipped'][0]}")
    for remark in summary["remarks"]:
        click.echo(f"  注意：{remark}")
    if target:
        write_csv(target, summary)
        click.echo(f"已写入 {target}")


def reform_of(area_code: str, changes: tuple[str, ...], versions: tuple[str, ...]) -> Reform:
    """Read the words of ``--set`` and ``--version``, or end with a Chinese sentence."""
    from shouwang.engine.reform import Reform, ReformError
    from shouwang.engine.reform_text import change_from_text, version_from_text

    book = the_book()
    try:
        return Reform(
            tuple(change_from_text(book, area_code, text) for text in changes),
            tuple(version_from_text(book, text) for text in versions),
        )
    except ReformError as error:
        raise click.ClickException(str(error)) from error


def of_cases(
    paths: tuple[Path, ...], changes: tuple[str, ...], versions: tuple[str, ...], day: date | None
) -> dict[str, Any]:
    """Simulate every case of the files, each with its own parameters, place and (unless given) day."""
    from shouwang.engine.reform import ReformError
    from shouwang.engine.simulate import Summary
    from shouwang.lib.area_codes import NATION
    from shouwang.rules.casefile import CaseFileError, read_case_file
    from shouwang.rules.simulated import benefits_of

    files = [file for path in paths for file in case_files_in(path)]
    if not files:
        raise click.ClickException("文件夹里没有案例文件（.yaml）")
    reform, summary, remarks = reform_of(NATION, changes, versions), Summary(), dict[str, None]()
    skipped: list[str] = []
    for file in files:
        try:
            cases = read_case_file(file, the_book())
        except CaseFileError as error:
            raise click.ClickException(f"{file.name}：{error}") from error
        for worked in cases:
            try:
                remarks |= dict.fromkeys(_add(summary, worked, reform, day))
            except ReformError as error:
                skipped.append(f"{file.name}“{worked.name}”：{error}")
    if not summary.total:
        raise click.ClickException(skipped[0])
    labels = {benefit.key: benefit.label for benefit in benefits_of(the_book())}
    return {
        "total": summary.total,
        "areas": summary.areas,
        "groups": summary.groups,
        "benefits": {labels[key]: row for key, row in summary.benefits.items()},
        "remarks": list(remarks),
        "skipped": skipped,
    }


def _add(summary: Summary, worked: WorkedCase, reform: Reform, day: date | None) -> list[str]:
    from shouwang.engine.frame import frame_of
    from shouwang.engine.simulate import Simulation
    from shouwang.rules.simulated import benefits_of, groups_of

    book = the_book()
    frame = frame_of(book, [worked.case])
    run = Simulation(book, day or worked.as_of, worked.parameters, reform, benefits_of(book))
    summary.add(run.run(frame), frame.area_codes, groups_of(frame))
    return run.remarks()


def of_register(area: str, changes: tuple[str, ...], versions: tuple[str, ...], day: date | None) -> dict[str, Any]:
    """Simulate the households of the register that live in a division."""
    from shouwang.lib.area_codes import AreaCodeError, normalise_code

    try:
        area_code = normalise_code(area)
    except AreaCodeError as error:
        raise click.ClickException(str(error)) from error
    from shouwang.config.start import start

    start()
    from shouwang.apps.assessment import services
    from shouwang.apps.assessment.selectors.simulations import benefit_labels, place_names
    from shouwang.lib import clock

    bars = Bars()
    as_of = day or clock.today()
    try:
        made = services.simulate_now(area_code, as_of, reform_of(area_code, changes, versions), progress=bars)
    except services.SimulationRefused as error:
        raise click.ClickException(str(error)) from error
    finally:
        bars.close()
    labels, names = benefit_labels(), place_names(made.summary["areas"], as_of)
    return made.summary | {
        "benefits": {labels[key]: row for key, row in made.summary["benefits"].items()},
        "areas": {f"{names[code]} {code}": row for code, row in made.summary["areas"].items()},
    }


def one_line(row: Mapping[str, int]) -> str:
    """Say a line of figures."""
    from shouwang.lib.money import yuan

    said = "，".join(f"{label} {row.get(name, 0):,}" for name, label in COUNTS)
    if "before" not in row:
        return said
    more = row["after"] - row["before"]
    return f"{said}；月支出 {yuan(row['before'])} → {yuan(row['after'])} 元（{'+' if more > 0 else ''}{yuan(more)}）"


def write_csv(target: Path, summary: Mapping[str, Any]) -> None:
    """Write every table; a figure a line does not have is left empty."""
    from shouwang.lib.csv_text import csv_bytes
    from shouwang.rules.simulated import GROUP_LABELS

    tables = [("合计", {"全部": summary["total"]}), ("项目", summary["benefits"]), ("区划", summary["areas"])]
    tables += [(GROUP_LABELS[key][0], lines) for key, lines in summary["groups"].items()]
    rows: list[list[str | int]] = []
    for label, lines in tables:
        for name, row in lines.items():
            if row:
                counts: list[str | int] = [row.get(each, 0) for each, _ in COUNTS]
                money = [_plain_yuan(row[each]) if each in row else "" for each, _ in MONEY]
                rows.append([label, name, *counts, *money])
    try:
        target.write_bytes(csv_bytes(["分组", "项", *(label for _, label in (*COUNTS, *MONEY))], rows))
    except OSError as error:
        raise click.ClickException(f"不能写入“{target}”，请核对路径和权限") from error


def _plain_yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"
