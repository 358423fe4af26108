"""``shouwang demo``: the main job on the invented county, from department files to a closed warning, then the web site."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import click

from shouwang.cli.progress import Bars
from shouwang.cli.work import describe, describe_screening, link_each, screen_once, serve_forever, warn_once
from shouwang.config.start import start

COUNTY = "990101000000"
RUN_DAYS = (date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31))
SITE_DAY = date(2026, 11, 2)
SEED = 20261031
HANDLED_A_MONTH = 150
PASSWORD = "shouwang-demo-2026"  # noqa: S105 — printed for everyone on the demo's own page of users
USERS = (
    ("cun", "王小满", "village", "990101100201", "村级社会救助协理员"),
    ("zhen", "李秋实", "township", "990101100000", "青坪镇民政办经办员"),
    ("xian", "赵明远", "county", "990101000000", "安禾县民政局审核员"),
    ("shi", "孙立群", "city", "990100000000", "示范市民政局业务科"),
    ("sheng", "周思源", "province", "990000000000", "示范省民政厅数据分析岗"),
    ("linxiang", "吴晓岚", "township", "990102100000", "临禾县南湾镇民政办经办员"),
)


@click.command("demo")
@click.option("--data", default="var/demo", show_default=True, type=click.Path(path_type=Path), help="演示数据目录")
@click.option("--serve", "serving", default=1, show_default=True, help="0：完成主流程后不打开网站")
@click.option("--port", default=8000, show_default=True)
@click.option("--fresh", is_flag=True, help="清空演示数据，重新来过")
def demo(data: Path, serving: int, port: int, fresh: bool) -> None:
    """用虚构的安禾县跑完整流程：部门数据接收 → 关联 → 比对预警 → 办理，然后打开网站。"""
    data = data.resolve()
    done = data / "demo.json"
    if fresh or (data.exists() and not done.exists()):
        shutil.rmtree(data, ignore_errors=True)
    start(data_dir=data, today=SITE_DAY.isoformat(), demo=1)
    if done.exists():
        summary = json.loads(done.read_text(encoding="utf-8"))
        click.echo("演示数据已在，直接使用（--fresh 可重新生成）。")
    else:
        summary = build(data)
        done.write_text(json.dumps(summary, ensure_ascii=False, indent=1), encoding="utf-8")
    tell(summary)
    if not summary["balanced"] or summary["missed"] or summary["wrong"]:
        raise SystemExit("演示结果与埋设的真相不符，请查看上面的数字。")
    if serving:
        click.echo(f"\n网站地址：http://127.0.0.1:{port}/  （按 Ctrl+C 停止）")
        raise SystemExit(serve_forever("127.0.0.1", port))


def build(data: Path) -> dict[str, object]:
    """Make the county, run the main job month by month, handle part of the warnings; return the summary."""
    from django.core.management import call_command

    from shouwang.apps.areas import services as areas
    from shouwang.apps.assessment import services as assessment
    from shouwang.apps.audit import services as audit
    from shouwang.apps.exchange import selectors as exchange
    from shouwang.apps.exchange import services as feeds
    from shouwang.apps.monitoring import services as monitoring
    from shouwang.lib import clock
    from shouwang.synth import write_county

    began, bars, seconds = time.monotonic(), Bars(), {}

    def stage(name: str, since: float) -> float:
        seconds[name] = round(time.monotonic() - since, 1)
        click.echo(f"  {name}：{seconds[name]} 秒")
        return time.monotonic()

    files = data / "files"
    click.echo("演示县：安禾县（虚构，代码 990101），农村居民 12 万人")
    mark = time.monotonic()
    write_county(files, seed=SEED, as_of=RUN_DAYS[-1])
    mark = stage("生成居民与部门文件", mark)
    clock.pin(RUN_DAYS[0] - timedelta(days=1))
    call_command("migrate", verbosity=0, interactive=False)
    areas.import_local(files / "divisions.csv")
    assessment.import_standards(files / "standards.csv")
    make_users()
    mark = stage("建库、区划、标准、岗位", mark)
    rosters = len(list(files.glob("register_*")))
    due = Counter(_run_of(path) for path in files.glob("*_*_*") if not path.name.startswith("register_"))
    # one after another, in the order of their months: the next files are read while those before are linked and compared
    coming = link_each(feeds.import_files([files], progress=bars), bars)
    list(islice(coming, rosters))
    mark = stage("登记册入库", mark)
    runs = []
    for number, day in enumerate(RUN_DAYS):
        clock.pin(day)
        last = number == len(RUN_DAYS) - 1
        list(islice(coming, due[number]))
        run = warn_once("000000000000", day, bars)
        runs.append(describe(run))
        mark = stage(f"{day:%Y年%m月}：{due[number]} 份文件接收、关联、比对、预警", mark)
        if not last:
            clock.pin(day + timedelta(days=2))
            handle_some(monitoring)
            mark = stage("其中一部分预警已办理", mark)
    clock.pin(SITE_DAY)
    feeds.suggest_pending(progress=bars)
    bars.close()
    mark = stage("查找待核关联中可能的人", mark)
    monitoring.escalate_overdue(SITE_DAY)
    screened = describe_screening(screen_once(COUNTY, RUN_DAYS[-1], bars))
    mark = stage("应保尽保、应退未退筛查", mark)
    sealed = audit.seal_events()
    truth = json.loads((files / "truth.json").read_text(encoding="utf-8"))
    summary = compare_with_truth(truth)
    totals = exchange.receipts_totals()
    summary |= {
        "runs": runs,
        "screened": screened,
        "totals": totals,
        "sealed": sealed,
        "seconds": seconds,
        "all_seconds": round(time.monotonic() - began, 1),
    }
    summary["balanced"] = (
        totals["records"] == totals["accepted"] + totals["quarantined"] and totals["bytes"] == totals["bytes_accounted"]
    )
    return summary


def _run_of(path: Path) -> int:
    """The run for which a file is there: the first whose month is not before the file's period; yearly files are there at once."""
    period = path.stem.split("_")[2]
    return next((number for number, day in enumerate(RUN_DAYS) if period <= f"{day:%Y-%m}"), len(RUN_DAYS) - 1)


def make_users() -> None:
    """Create the six standing users of the demo with their posts."""
    from shouwang.apps.accounts import services

    for username, name, level, area_code, title in USERS:
        user = services.create_user(None, username=username, name=name, password=PASSWORD)
        services.assign_post(
            None, user=user, title=title, level=level, area_code=area_code, valid_from=date(2026, 1, 1)
        )


def handle_some(monitoring: object) -> None:
    """Let the demo's people work on part of the open warnings, through the same verbs as the pages.

    The clerk handles her own township's, the county reviewer the others and all closings; some stay half way.
    """
    from shouwang.apps.accounts.selectors import actor_by_username
    from shouwang.lib import clock

    clerk, reviewer = actor_by_username("zhen", clock.today()), actor_by_username("xian", clock.today())
    outcomes = {"in": "may_qualify", "out": "may_exit"}
    for position, alert in enumerate(_open_alerts(reviewer, HANDLED_A_MONTH)):
        who = clerk if clerk.covers(alert.alert.area_code) else reviewer
        false_alarm, waiting, unclosed = position % 8 == 7, position % 8 == 3, position % 8 == 5
        given = {"uuid": alert.uuid, "version": alert.version}
        if false_alarm:
            monitoring.dismiss(who, **given, note="已电话核实，情况与登记一致，无新增困难。")
        else:
            monitoring.triage(
                who, **given, disposition=outcomes[alert.direction], note="已核对数据来源并入户，情况属实。"
            )
            given["version"] += 1
        if waiting:
            continue
        if not false_alarm:
            monitoring.report_back(who, **given, note="已告知政策并协助办理，材料已转县级。")
            given["version"] += 1
        if not unclosed:
            given["version"] += false_alarm
            monitoring.close(reviewer, **given, note="审核无误，办结。")


def _open_alerts(actor: object, most: int) -> list[object]:
    """The first open alerts the actor sees, page by page."""
    from shouwang.apps.monitoring import selectors

    rows: list[object] = []
    page = selectors.worklist(actor, {"state": "open"})
    rows += page.rows
    while page.after and len(rows) < most:
        page = selectors.worklist(actor, {"state": "open"}, page.after)
        rows += page.rows
    return rows[:most]


def compare_with_truth(truth: dict[str, list[dict[str, str]]]) -> dict[str, object]:
    """Hold the last run's signals against what the generator planted: who should be warned, and who only nearly."""
    from shouwang.apps.assessment import selectors
    from shouwang.apps.registry.selectors import index_of_id, persons_by_index

    run = selectors.last_finished_run("000000000000")
    found = {
        (signal.rule, signal.person_id or ("household", signal.household_id)) for signal in selectors.signals_of(run)
    }
    household_rules = {signal[0] for signal in found if isinstance(signal[1], tuple)}
    numbers = {row["id"] for row in (*truth["expected"], *truth["near_misses"])}
    people = persons_by_index([index_of_id(number) for number in numbers])
    by_number = {number: people[index_of_id(number)] for number in numbers if index_of_id(number) in people}

    def key(row: dict[str, str]) -> tuple[str, object]:
        person = by_number[row["id"]]
        return row["rule"], ("household", person.household_id) if row["rule"] in household_rules else person.id

    expected, near = {key(row) for row in truth["expected"]}, {key(row) for row in truth["near_misses"]}
    missed = sorted(str(rule) for rule, _ in expected - found)
    wrong = sorted(str(rule) for rule, _ in (near & found) | (found - expected))
    return {
        "expected": len(expected),
        "found": len(expected & found),
        "near_misses": len(near),
        "missed": dict(Counter(missed)),
        "wrong": dict(Counter(wrong)),
        "broken_rows": len(truth["broken_rows"]),
    }


def tell(summary: dict[str, object]) -> None:
    """Print what the main job did."""
    totals = summary["totals"]
    click.echo("\n主流程结果")
    click.echo(
        f"  数据接收：{totals['files']} 份文件，记录 {totals['records']:,} ＝ 接收 {totals['accepted']:,} ＋ 隔离 {totals['quarantined']:,}；字节 {totals['bytes']:,} 全部入账"
    )
    for line in summary["runs"]:
        click.echo(f"  {line}")
    click.echo(f"  {summary['screened']}")
    click.echo(
        f"  埋设的应预警 {summary['expected']} 例，找到 {summary['found']} 例；临界不应预警 {summary['near_misses']} 例，误报 {sum(summary['wrong'].values())} 例"
    )
    for name in ("missed", "wrong"):
        if summary[name]:
            click.echo(f"  {'漏报' if name == 'missed' else '误报'}：{summary[name]}")
    click.echo(f"  审计日志封存 {summary['sealed']:,} 条；全程 {summary['all_seconds']} 秒")
    click.echo(f"\n演示用户（口令都是 {PASSWORD}）")
    for username, name, _, _, title in USERS:
        click.echo(f"  {username:<10}{name}  {title}")
