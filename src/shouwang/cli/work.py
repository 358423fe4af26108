"""Commands of the offices: files in, links, warnings, the whole run, the server. They need the ``[web]`` install."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from shouwang.cli.progress import Bars
from shouwang.config.start import start

if TYPE_CHECKING:
    from shouwang.apps.accounts.access import Actor

POLL_SECONDS = 1.0
DAY = click.DateTime(formats=["%Y-%m-%d"])
PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))


def _as_of(value: object) -> date:
    from shouwang.lib import clock

    return value.date() if hasattr(value, "date") else clock.today()


@click.command("migrate")
def migrate() -> None:
    """建立或升级数据库。"""
    start()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    click.echo("数据库已就绪。")


@click.command("divisions")
@click.option("--current", is_flag=True, help="装入现行县级以上区划（随包数据）")
@click.option("--history", type=click.Path(exists=True, path_type=Path), help="导入历年区划沿革 CSV")
@click.option(
    "--local", type=click.Path(exists=True, path_type=Path), help="导入本地乡镇、村 CSV（code,name,level,valid_from）"
)
def divisions(current: bool, history: Path | None, local: Path | None) -> None:
    """装入行政区划。"""
    start()
    from shouwang.apps.areas import services

    if current:
        click.echo(services.load_current())
    if history:
        click.echo(services.import_history(history))
    if local:
        click.echo(services.import_local(local))


@click.command("standards")
@click.argument("path", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--drafts-by", metavar="登录名", help="不直接执行，作为此人拟定的待复核标准导入")
@click.option(
    "--export", "target", type=click.Path(dir_okay=False, path_type=Path), help="把执行的标准导出为同一版式的 CSV"
)
@click.option("--area", default="000000000000", help="只导出这个区划及以下的标准")
def standards(path: Path | None, drafts_by: str | None, target: Path | None, area: str) -> None:
    """导入地方标准与本地参数 CSV（本系统版式或公布标准汇总表），或导出。"""
    if (path is None) == (target is None):
        raise click.UsageError("请写明要导入的文件，或用 --export 写明导出到哪个文件（二者选一）")
    start()
    from shouwang.apps.assessment import services
    from shouwang.apps.assessment.selectors.local_standards import rows_to_export
    from shouwang.engine.parameter_csv import write_assertions
    from shouwang.lib.area_codes import AreaCodeError, normalise_code

    if target is not None:
        try:
            rows = rows_to_export(normalise_code(area))
        except AreaCodeError as error:
            raise click.UsageError(str(error)) from error
        try:
            write_assertions(target, rows)
        except OSError as error:
            raise click.ClickException(f"不能写入“{target}”，请核对路径和权限") from error
        click.echo(f"已导出 {len(rows)} 行标准：{target}")
    elif path is not None and drafts_by:
        click.echo(services.draft_standards(_actor(drafts_by), path.read_bytes(), path.name))
    elif path is not None:
        click.echo(services.import_standards(path))


def _actor(username: str) -> Actor:
    from shouwang.apps.accounts.selectors import actor_by_username
    from shouwang.lib import clock

    actor = actor_by_username(username, clock.today())
    if actor is None:
        raise click.UsageError(f"没有登录名为“{username}”的在任人员")
    return actor


def link_each(deliveries: Iterable[object], bars: Bars) -> Iterator[object]:
    """Link deliveries as they come in, while the files after them are being read; yields them as they then stand."""
    from shouwang.apps.exchange import services

    for delivery in deliveries:
        linked = services.link_delivery(delivery.uuid, progress=bars)
        bars.close()
        yield linked


def _tell_received(delivery: object) -> None:
    outcome = delivery.refusal or f"记录 {delivery.records}＝接收 {delivery.accepted}＋隔离 {delivery.quarantined}"
    click.echo(f"{delivery.file_name}：{delivery.get_state_display()}；{outcome}")


def _tell_linked(delivery: object) -> None:
    click.echo(
        f"{delivery.file_name}：{delivery.get_state_display()}；关联 {delivery.linked}，未关联 {delivery.unlinked}"
    )


@click.command("import")
@PATHS
def import_files(paths: tuple[Path, ...]) -> None:
    """接收部门数据文件（CSV、XLSX，或一个文件夹）。"""
    start()
    from shouwang.apps.exchange import services

    bars = Bars()
    for delivery in services.import_files(paths, progress=bars):
        bars.close()
        _tell_received(delivery)


@click.command("link")
def link() -> None:
    """把已接收的数据与登记册关联。"""
    start()
    from shouwang.apps.exchange import services

    bars = Bars()
    linked = services.link_pending(progress=bars)
    bars.close()
    for delivery in linked:
        _tell_linked(delivery)
    if not linked:
        click.echo("没有待关联的数据。")
    ask_once(bars)


def ask_once(bars: Bars) -> int:
    """Look for people whom the records without a certain match may be about; say and return how many new questions there are."""
    from shouwang.apps.exchange import services

    asked = services.suggest_pending(progress=bars)
    bars.close()
    if asked:
        click.echo(f"新增待核关联 {asked} 条，请县级岗位在“待核关联”页核定；核定之前不关联、不预警。")
    return asked


def warn_once(area_code: str, as_of: date, bars: Bars) -> object:
    """Compare the whole register of a division, open the alerts, escalate what is overdue; return the finished run."""
    from shouwang.apps.assessment import services as assessment
    from shouwang.apps.monitoring import services as monitoring

    run = assessment.run_warnings(area_code, as_of, progress=bars)
    run = monitoring.open_alerts(run, progress=bars)
    monitoring.escalate_overdue(as_of)
    bars.close()
    return run


@click.command("screen")
@click.option("--area", default="000000000000", show_default=True, help="区划代码；默认全部在册户")
@click.option("--as-of", type=DAY, help="判定日，默认今天")
def screen(area: str, as_of: object) -> None:
    """筛查应保尽保、应退未退，供工作台选办。"""
    start()
    click.echo(describe_screening(screen_once(area, _as_of(as_of), Bars())))


def screen_once(area_code: str, as_of: date, bars: Bars) -> object:
    """Screen the register of a division; return the finished screening."""
    from shouwang.apps.assessment import services

    screening = services.screen_register(area_code, as_of, progress=bars)
    bars.close()
    return screening


def describe_screening(screening: object) -> str:
    """One line about a finished screening: each benefit with what was found."""
    from shouwang.apps.assessment import selectors
    from shouwang.engine.coverage import LABELS

    counts = screening.counts
    parts = []
    for scheme, label in selectors.scheme_choices():
        found = [
            f"{text} {counts[key]}"
            for verdict, text in LABELS.items()
            if (key := f"{scheme}.{verdict.name.lower()}") in counts
        ]
        if found:
            parts.append(f"{label}：{'、'.join(found)}")
    return f"{screening.as_of}：筛查 {counts['people']} 人、{counts['households']} 户；{'；'.join(parts) or '没有差异'}"


def describe(run: object) -> str:
    """One line about a finished run."""
    counts = run.counts
    return (
        f"{run.as_of}：{counts['people']} 人、{counts['households']} 户；信号 {counts['signals']}（新增 {counts['new']}、持续 {counts['still']}、消除 {counts['cleared']}）；"
        f"新开预警 {counts.get('opened', 0)}、合并 {counts.get('merged', 0)}、冷却期内不重开 {counts.get('suppressed', 0)}"
    )


AREA = click.option("--area", default="000000000000", show_default=True, help="区划代码（12 位或 6 位）")


@click.command("warn")
@AREA
@click.option("--as-of", type=DAY, help="判定日，默认今天")
def warn(area: str, as_of: object) -> None:
    """全量比对并生成预警。"""
    start()
    from shouwang.lib.area_codes import normalise_code

    click.echo(describe(warn_once(normalise_code(area), _as_of(as_of), Bars())))


@click.command("run")
@PATHS
@AREA
@click.option("--as-of", type=DAY, help="判定日，默认今天")
@click.pass_context
def run_all(ctx: click.Context, paths: tuple[Path, ...], area: str, as_of: object) -> None:
    """一次完成：接收、关联、预警。"""
    start()
    from shouwang.apps.exchange import services

    bars = Bars()
    for delivery in link_each(services.import_files(paths, progress=bars), bars):
        _tell_received(delivery)
    for delivery in services.link_pending(progress=bars):  # what earlier imports, or another process, left waiting
        _tell_linked(delivery)
    bars.close()
    ask_once(bars)
    ctx.invoke(warn, area=area, as_of=as_of)


@click.command("snapshot")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@AREA
@click.option("--as-of", type=DAY, help="在册日，默认今天")
def snapshot(folder: Path, area: str, as_of: object) -> None:
    """把登记册写成 Parquet 文件夹，供全国规模比对；再次执行只写有变化的部分。"""
    start()
    from shouwang.apps.exchange import services

    bars = Bars()
    receipt = services.write_register_folder(folder, area, _as_of(as_of), progress=bars)
    bars.close()
    click.echo(
        f"{receipt.version}：{receipt.persons} 人、{receipt.households} 户，事实 {receipt.facts} 条；"
        f"新写事实文件 {receipt.files_written} 个，沿用 {receipt.files_kept} 个"
    )
    for first, second in receipt.shared_keys:
        click.echo(f"人员 {first} 与 {second} 的身份检索值恰好相同，两人都不带检索值，需按人员编号对应", err=True)


@click.command("load-summary")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="汇总由谁作出，例如“某省民政厅”")
@click.option("--as-of", type=DAY, help="判定日，文件没有写明时必填")
@click.option("--version", type=click.IntRange(0, 2**31 - 1), help="版本，文件没有写明时必填")
def load_summary(path: Path, source: str, as_of: object, version: int | None) -> None:
    """装入各地比对汇总（Parquet），供统计看板和比对汇总页使用。"""
    start()
    from shouwang.apps.reports import services

    bars = Bars()
    day = as_of.date() if hasattr(as_of, "date") else None
    summary = services.load_summary(path, source=source, as_of=day, version=version, progress=bars)
    bars.close()
    click.echo(
        f"{summary.source} 第 {summary.version} 版（{summary.as_of}）：{len(summary.targets)} 条规则，{summary.divisions} 行区划"
    )


@click.command("seal")
def seal() -> None:
    """封存审计日志。"""
    start()
    from shouwang.apps.audit import services

    click.echo(f"已封存 {services.seal_events()} 条。")


@click.command("verify-audit")
def verify_audit() -> None:
    """核验审计日志是否被改动；有问题时退出码为 1。"""
    start()
    from shouwang.apps.audit import selectors

    problems = selectors.verify_log()
    for problem in problems:
        click.echo(str(problem))
    click.echo("审计日志完整。" if not problems else f"发现 {len(problems)} 处问题。")
    sys.exit(bool(problems))


def serve_forever(host: str, port: int) -> int:
    """Serve with gunicorn until stopped, from the keyboard or by SIGTERM; return its exit code."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "shouwang.config.wsgi:application",
        "--bind",
        f"{host}:{port}",
        "--workers",
        "2",
        "--threads",
        "4",
    ]
    with worker_beside():
        server = subprocess.Popen([*command, "--timeout", "60", "--log-level", "warning"])
        before = signal.signal(signal.SIGTERM, _stop)
        try:
            return server.wait()
        except KeyboardInterrupt:
            server.terminate()
            server.wait()
            return 0
        finally:
            signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: object) -> NoReturn:
    """End as from the keyboard: a service manager's stop must not leave the web server behind."""
    raise KeyboardInterrupt


@contextmanager
def worker_beside() -> Iterator[None]:
    """Keep a worker for background jobs while the block runs. It ends by itself should this process be killed."""
    worker = subprocess.Popen([sys.executable, "-m", "shouwang.cli", "work", "--parent", str(os.getpid())])
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(timeout=10)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


@click.command("work")
@click.option("--once", is_flag=True, help="做完排队的任务就结束")
@click.option("--parent", type=int, hidden=True)
def work(once: bool, parent: int | None) -> None:
    """处理后台任务（模拟测算等），一个接一个；不写 --once 时一直等待新任务。"""
    start()
    from django.db import close_old_connections

    from shouwang.apps.jobs import services

    def wait() -> bool:
        close_old_connections()
        time.sleep(POLL_SECONDS)
        return parent is None or os.getppid() == parent

    try:
        done = services.work(once=once, wait=wait)
    except KeyboardInterrupt:
        return
    if once:
        click.echo(f"已处理 {done} 个任务。")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
def serve(host: str, port: int) -> None:
    """打开网站。"""
    start()
    click.echo(f"网站地址：http://{host}:{port}/（按 Ctrl+C 停止）")
    sys.exit(serve_forever(host, port))


COMMANDS = (
    migrate,
    divisions,
    standards,
    import_files,
    link,
    warn,
    screen,
    run_all,
    snapshot,
    load_summary,
    seal,
    verify_audit,
    serve,
    work,
)
