"""Invented people: a country of any size for benchmarks, or the demo county's department files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from shouwang.cli.progress import Bars


@click.command("synth")
@click.option(
    "--people", type=click.IntRange(min=1, max=100_000_000), help="生成多少人（Parquet）；不写则生成演示县的部门文件"
)
@click.option(
    "--seed", default=20261031, show_default=True, type=click.IntRange(min=0), help="种子，同一种子同样的结果"
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="输出目录")
def synth(people: int | None, seed: int, out: Path) -> None:
    """生成虚构的人口、家庭与部门数据（同一种子，同样的结果）。"""
    from shouwang.synth import write_country, write_county

    bars = Bars()
    try:
        if people:
            write_country(people, seed, out, bars)
        else:
            write_county(out, seed=seed, as_of=date(2026, 10, 31))
    except OSError as error:
        raise click.ClickException(f"不能写入“{out}”，请核对路径、权限和磁盘空间") from error
    finally:
        bars.close()
    click.echo(f"已写入 {out}")
