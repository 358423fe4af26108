"""``shouwang lawbook``: the law as pages an officer reads, made from the rules, never written by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import click

GLOSSARY = "glossary.md"
POLICIES = "policies"


@click.command("lawbook")
@click.option("--check", is_flag=True, help="只核对已写出的页面是否与规则一致，不改文件；不一致时退出码为 1")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="写到这个文件夹（默认写进源码的 docs）")
def lawbook(check: bool, out: Path | None) -> None:
    """由规则生成政策页、事实词表和术语表。"""
    docs = out or _docs_of_checkout()
    wanted = pages(docs)
    stale = stale_pages(docs, wanted)
    if check:
        for path in stale:
            click.echo(f"与规则不一致：{path}")
        click.echo(f"{len(wanted)} 页，{len(stale)} 页要重新生成" + ("：请执行 shouwang lawbook" if stale else ""))
        sys.exit(bool(stale))
    for path in stale:
        target = docs / path
        if path in wanted:
            _write(target, wanted[path])
        else:
            target.unlink()
    click.echo(f"{docs}：{len(wanted)} 页，改写 {len(stale)} 页")


def pages(docs: Path) -> dict[str, str]:
    """Every page by its path below ``docs``; the glossary only where there is one to write into."""
    from shouwang.cli.law import the_book
    from shouwang.cli.lawbook.clocks import clocks_page
    from shouwang.cli.lawbook.glossary import GlossaryError, glossary_page
    from shouwang.cli.lawbook.policies import index_page, policy_page
    from shouwang.cli.lawbook.vocabulary import vocabulary_page
    from shouwang.cli.lawbook.words import policies_of

    book, root = the_book(), checkout()
    made = [policy_page(book, policy, root) for policy in policies_of(book)]
    made += [index_page(book, root), vocabulary_page(book), clocks_page(book)]
    if (docs / GLOSSARY).exists():
        try:
            made.append(glossary_page(book, (docs / GLOSSARY).read_text(encoding="utf-8")))
        except GlossaryError as error:
            raise click.ClickException(str(error)) from error
    return {page.path: page.text for page in made}


def stale_pages(docs: Path, wanted: dict[str, str]) -> list[str]:
    """The pages that are missing, differ, or belong to a policy that is gone."""
    differs = [path for path, text in wanted.items() if not _holds(docs / path, text)]
    gone = {f"{POLICIES}/{path.name}" for path in (docs / POLICIES).glob("*.md")} - wanted.keys()
    return sorted({*differs, *gone})


def checkout() -> Path | None:
    """The folder of the source tree this code runs from; None where it was installed."""
    root = Path(__file__).resolve().parents[4]
    return root if (root / "docs" / GLOSSARY).exists() and (root / "tests/rules").is_dir() else None


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.ClickException(f"不能写入“{target}”，请核对路径和权限") from error


def _docs_of_checkout() -> Path:
    root = checkout()
    if root is None:
        raise click.ClickException("这里不是源码文件夹，请用 --out 写明输出到哪里")
    return root / "docs"


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text
