"""``shouwang nation …``: the whole country's register against the departments' files, in one folder. No Django."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shouwang.cli.law import rule_named, the_book
from shouwang.cli.progress import Bars

if TYPE_CHECKING:
    from shouwang.engine.compare.store import Receipt, RunReport, Store, View

FOLDER = click.argument("folder", metavar="库文件夹", type=click.Path(file_okay=False, path_type=Path))
DAY = click.DateTime(formats=["%Y-%m-%d"])
BUDGET = click.option(
    "--memory",
    "gib",
    default=4.0,
    show_default=True,
    type=click.FloatRange(0.25, 1024),
    help="大约用多少 GiB 内存（小机器写 1）",
)


@contextmanager
def _plainly() -> Iterator[Bars]:
    """Progress bars, and errors that somebody can mend told as one sentence."""
    from shouwang.engine.compare.store_files import StoreError
    from shouwang.engine.parameters import ParameterError

    bars = Bars()
    try:
        yield bars
    except (StoreError, ParameterError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt as stopped:
        raise click.ClickException(
            "已中断。库仍是完整的（见 shouwang nation status），重新执行同一条命令即可"
        ) from stopped
    except OSError as error:
        where = f"“{error.filename}”" if error.filename else "文件"
        raise click.ClickException(
            f"读写{where}失败（系统提示：{error.strerror or error}）：请核对路径、权限和磁盘"
        ) from error
    finally:
        bars.close()


def _store(folder: Path) -> Store:
    from shouwang.engine.compare.store import open_store

    return open_store(folder)


def _bytes(gib: float) -> int:
    return int(gib * (1 << 30))


@click.group("nation")
def nation() -> None:
    """全国规模：登记册建库、部门数据一次关联、按日比对、只算变化。"""


@nation.command("open")
@FOLDER
@click.option(
    "--register",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="登记册文件夹（persons、households、areas 三个 Parquet 文件）",
)
@BUDGET
def open_(folder: Path, register: Path, gib: float) -> None:
    """建库，或用新的登记册更新：新增、变动、注销的户从下一次 run 起计算。"""
    from shouwang.engine.compare.store import open_store

    with _plainly() as bars:
        got = open_store(folder, create=True).register_people(register, budget=_bytes(gib), progress=bars)
    click.echo(f"登记册 {got.persons:,} 人、{got.households:,} 户")
    if got.already:
        click.echo("与库里的登记册相同，没有变化")
        return
    click.echo(
        f"新增 {got.new_persons:,} 人；新增或变动 {got.changed_households:,} 户；注销 {got.gone_households:,} 户"
    )
    if got.without_key:
        click.echo(f"没有身份标识的 {got.without_key:,} 人：部门数据关联不到他们，请补登身份号码")
    if got.doubled_keys:
        click.echo(f"有 {got.doubled_keys:,} 个身份标识各登记在两人以上名下：部门数据不关联到其中任何人，请核对登记册")
    if got.linked_now:
        click.echo(f"以前关联不上的部门数据，按新登记册关联上 {got.linked_now:,} 行")


@nation.command("link")
@FOLDER
@click.argument(
    "files", metavar="数据文件或登记册文件夹...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option("--replaces", help="更正：用这份交付替换以前的交付（写交付编号）")
@BUDGET
def link(folder: Path, files: tuple[Path, ...], replaces: str | None, gib: float) -> None:
    """关联部门数据文件（Parquet），或登记册文件夹自带的事实：每份只关联一次，从下一次 run 起计算。"""
    if replaces and (len(files) > 1 or files[0].is_dir()):
        raise click.ClickException("--replaces 一次只能写一个数据文件")
    for path in files:
        with _plainly() as bars:
            store, common = _store(folder), {"items": the_book().items, "budget": _bytes(gib), "progress": bars}
            receipts = (
                store.link_register(path, **common)
                if path.is_dir()
                else [store.link(path, replaces=replaces, **common)]
            )
        if path.is_dir():
            _tell_all(path.name, receipts)
        else:
            _tell_receipt(path.name, receipts[0])


def _tell_receipt(name: str, got: Receipt) -> None:
    if got.already:
        click.echo(f"{name}：交付 {got.delivery} 以前已关联，跳过")
        return
    click.echo(
        f"{name}：{got.rows:,} 行 ＝ 关联 {got.linked:,} ＋ 登记册无此人 {got.unmatched:,} ＋ 不合格 {got.refused:,}"
    )
    if got.doubled:
        click.echo(f"  其中 {got.doubled:,} 行的身份标识登记在两人以上名下，没有关联到任何人")
    for reason, count in got.refusals.items():
        click.echo(f"  不合格：{reason} {count:,} 行")


def _tell_all(name: str, receipts: list[Receipt]) -> None:
    fresh = [each for each in receipts if not each.already]
    rows, linked, unmatched, refused = (
        sum(getattr(each, part) for each in fresh) for part in ("rows", "linked", "unmatched", "refused")
    )
    click.echo(f"{name}：{len(receipts):,} 份，其中新的 {len(fresh):,} 份")
    click.echo(f"  {rows:,} 行 ＝ 关联 {linked:,} ＋ 登记册无此人 {unmatched:,} ＋ 不合格 {refused:,}")


@nation.command("withdraw")
@FOLDER
@click.argument("delivery", metavar="交付编号")
def withdraw(folder: Path, delivery: str) -> None:
    """撤回一份交付：从下一次 run 起，如同从未收到。"""
    with _plainly():
        _store(folder).withdraw(delivery)
    click.echo(f"已撤回交付 {delivery}；执行 shouwang nation run 后生效")


@nation.command("run")
@FOLDER
@click.option("--as-of", required=True, type=DAY, help="判定日，如 2026-10-31")
@click.option(
    "--standards",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="各地标准（CSV）；不写则沿用上一次的",
)
@BUDGET
def run(folder: Path, as_of: Any, standards: Path | None, gib: float) -> None:
    """按判定日比对：只折算有变化的户，写出新增、消除和转为无法判断的预警与资格。"""
    from shouwang.engine.compare.judging import standing_targets
    from shouwang.engine.parameter_csv import read_assertions
    from shouwang.rules.coverage import benefits

    book, day = the_book(), as_of.date()
    with _plainly() as bars:
        parameters = book.table(read_assertions(standards)) if standards else None
        targets = standing_targets(book, day, [benefit.scheme for benefit in benefits().values()])
        report = _store(folder).run(book, day, parameters, targets, budget=_bytes(gib), progress=bars)
    _tell(report)


def _tell(report: RunReport) -> None:
    from shouwang.engine.rule import Rule

    book = the_book()
    if report.already:
        click.echo(f"自版本 {report.version} 以来没有变化，结果仍是该版本的")
    seconds = "，".join(
        f"{label} {report.seconds[name]:.1f} 秒"
        for name, label in (("touched", "找出变化"), ("fold", "折算"), ("judge", "判断"))
        if name in report.seconds
    )
    click.echo(
        f"版本 {report.version}，判定日 {report.as_of}：有变化 {report.touched:,} 户，重新判断 {report.judged:,} 户"
        + (f"（{seconds}）" if seconds else "")
    )
    for name, counts in report.counts.items():
        rule = book.definitions[name][0] if name in book.definitions else None
        kind = "预警" if isinstance(rule, Rule) and rule.warns else "资格"
        click.echo(
            f"  {kind} {book.label_of(name)}：成立 {counts['holds']:,}，无法判断 {counts['untold']:,}；"
            f"新增 {counts['raised']:,}，消除 {counts['cleared']:,}，转为无法判断 {counts['lost']:,}"
        )
    click.echo(f"变化明细：{report.changes}\n分县汇总：{report.summary}")
    if not report.standards:
        click.echo("注意：还没有给过各地标准，要用到标准的资格和预警都无法判断；请用 --standards 标准.csv 再执行一次")


@nation.command("status")
@FOLDER
def status(folder: Path) -> None:
    """库里有什么：登记册、各份交付、等待计算的变化、保留的版本。"""
    with _plainly():
        found = _store(folder).status()
    register = found["register"]
    click.echo(f"版本 {found['version']}，{found['bytes'] / (1 << 30):.2f} GiB，{found['parts']} 个分块")
    click.echo(f"登记册：{register['persons']:,} 人、{register['households']:,} 户（版本 {register['version']} 收入）")
    for each in found["deliveries"]:
        got = each["receipt"]
        click.echo(
            f"  交付 {each['delivery']}：{each['feed']} {each['period']} {each['area_code']}，"
            f"{got['rows']:,} 行 ＝ 关联 {got['linked']:,} ＋ 无此人 {got['unmatched']:,} ＋ 不合格 {got['refused']:,}"
        )
        for name, label in (("unmatched", "无此人的行"), ("refused", "不合格的行")):
            if each[name]:
                click.echo(f"    {label}保存在 {folder / each[name]}")
    waiting = found["waiting"]
    if any(waiting.values()):
        click.echo(
            f"等待 run：新关联 {len(waiting['linked'])} 个文件，撤回 {len(waiting['withdrawn'])} 个文件，"
            f"登记册变动 {waiting['rosters']} 块" + ("，另有注销的户" if waiting["gone"] else "")
        )
    for each in found["runs"][-10:]:
        click.echo(f"  比对版本 {each['version']}：判定日 {each['as_of']}")
    if not found["runs"]:
        click.echo("还没有比对过：请执行 shouwang nation run")


@nation.command("household")
@FOLDER
@click.argument("number", metavar="户号", type=int)
@click.option("--rule", "target", help="只说明这条规则，如 dibao_eligible 或 符合低保条件")
@click.option("--as-of", type=DAY, help="看这一天以前最近一次比对；默认最新一次")
@click.option("--version", type=int, help="看这个版本")
def household(folder: Path, number: int, target: str | None, as_of: Any, version: int | None) -> None:
    """从库里取一户：每条规则的结果，和成立或无法判断的理由。"""
    with _plainly(), _store(folder).view(version, as_of.date() if as_of else None) as view:
        _tell_household(view, number, rule_named(target) if target else None)


def _tell_household(view: View, number: int, target: str | None) -> None:
    from shouwang.engine.call import evaluate
    from shouwang.engine.packed import unpack
    from shouwang.engine.rule import Entity

    book = the_book()
    segment = view.household(number)
    if segment is None:
        raise click.ClickException(f"版本 {view.version} 里没有户号 {number} 的户")
    case = unpack(segment, book, list(book.inputs), view.as_of, view.covered).case(0)
    people = segment.person_ids.tolist()
    click.echo(f"户号 {number}，区划 {case.area_code}，{len(people)} 人；版本 {view.version}，判定日 {view.as_of}")
    if view.run["book"] != book.fingerprint:
        click.echo("注意：规则在那次比对以后更新过，下面按现在的规则说明")
    parameters = view.parameters(book)
    targets = [target] if target else [name for name in view.targets if name in book.definitions]
    if not target and len(targets) < len(view.targets):
        click.echo(f"注意：那次比对的规则有 {len(view.targets) - len(targets)} 条现已取消，不再说明")
    outcome = evaluate(book, case, view.as_of, parameters, targets)
    said = {True: "成立", False: "不成立", None: "无法判断"}
    for name in targets:
        if book.entity_of(name) is Entity.HOUSEHOLD:
            rows: list[tuple[str, int | None, Any]] = [("", None, outcome.household[name])]
        else:
            rows = [(f"人员 {people[at]} ", at, each[name]) for at, each in enumerate(outcome.persons)]
        for who, member, value in rows:
            if value is False and not target:
                continue
            shown = said.get(value, str(value))
            click.echo(f"{who}{book.label_of(name)}：{shown}")
            if value is not None or target:
                _tell_why(view.as_of, case, parameters, name, member)
            else:
                lacking = (outcome.persons_missing[member] if member is not None else outcome.missing).get(name, ())
                click.echo(f"  缺少：{'、'.join(book.label_of(each) for each in lacking[:6])}")


def _tell_why(as_of: date, case: Any, parameters: Any, name: str, member: int | None) -> None:
    from shouwang.engine.explain import explain

    if name in the_book().versions_on(as_of, case.area_code):
        for line in explain(the_book(), case, as_of, parameters, name, member).lines():
            click.echo(f"  {line}")
    else:
        click.echo("  规则在该日该地未施行")


@nation.command("compact")
@FOLDER
@click.option("--keep", default=30, show_default=True, type=click.IntRange(1), help="保留最近多少次比对的版本")
def compact(folder: Path, keep: int) -> None:
    """把各日的变化并成新的底，并清理较早的版本（正在被查看的保留）。"""
    with _plainly() as bars:
        removed = _store(folder).compact(keep=keep, progress=bars)
    click.echo(f"已整理；清理旧文件 {removed} 个")
