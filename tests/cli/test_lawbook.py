"""The written law book is the rules' own: the committed pages are what the command writes, and it says so when they are not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shouwang.cli import main
from shouwang.cli.law import the_book
from shouwang.cli.lawbook import pages, stale_pages

DOCS = Path(__file__).resolve().parents[2] / "docs"


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, ["lawbook", *words])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the pages as committed."""
    shutil.copytree(DOCS / "policies", tmp_path / "policies")
    shutil.copy(DOCS / "glossary.md", tmp_path)
    return tmp_path


def test_the_committed_pages_are_what_the_rules_say() -> None:
    stale = stale_pages(DOCS, pages(DOCS))
    assert not stale, f"{stale} 与规则不一致，请执行 shouwang lawbook (run `shouwang lawbook` and commit docs/)"


def test_check_passes_on_what_was_written_and_names_what_was_changed(copy: Path) -> None:
    assert typed("--out", str(copy)).exit_code == 0
    assert typed("--check", "--out", str(copy)).exit_code == 0
    page = copy / "policies/dibao.md"
    page.write_text(page.read_text(encoding="utf-8").replace("符合低保条件", "符合条件"), encoding="utf-8")
    (copy / "policies/gone.md").write_text("x", encoding="utf-8")
    done = typed("--check", "--out", str(copy))
    assert done.exit_code == 1
    assert "policies/dibao.md" in done.output
    assert "policies/gone.md" in done.output
    assert "请执行 shouwang lawbook" in done.output
    assert typed("--out", str(copy)).exit_code == 0
    assert typed("--check", "--out", str(copy)).exit_code == 0
    assert not (copy / "policies/gone.md").exists()


def test_english_words_of_the_glossary_survive_and_new_rows_get_words(copy: Path) -> None:
    glossary = copy / "glossary.md"
    text = glossary.read_text(encoding="utf-8")
    assert "monthly Dibao gap payment" in text
    without = "\n".join(line for line in text.splitlines() if "`dibao_eligible`" not in line) + "\n"
    glossary.write_text(without, encoding="utf-8")
    typed("--out", str(copy))
    made = glossary.read_text(encoding="utf-8")
    assert "| 低保月补差金额 | monthly Dibao gap payment | `dibao_gap_amount` |" in made
    assert "| 符合低保条件 | dibao eligible | `dibao_eligible` |" in made
    assert made.partition("## 2 ")[0] == text.partition("## 2 ")[0]
    assert made.partition("## 8 ")[2] == text.partition("## 8 ")[2]


def test_a_glossary_without_its_sections_is_left_alone(copy: Path) -> None:
    (copy / "glossary.md").write_text("# 别的\n", encoding="utf-8")
    done = typed("--out", str(copy))
    assert done.exit_code == 1
    assert "第2节" in done.output
    assert (copy / "glossary.md").read_text(encoding="utf-8") == "# 别的\n"


def test_every_rule_input_and_parameter_has_its_place(tmp_path: Path) -> None:
    """Every name is explained once, and every link leads somewhere."""
    made = pages(tmp_path)
    book = the_book()
    anchors = {path: [part.partition('"')[0] for part in text.split('<a id="')[1:]] for path, text in made.items()}
    placed = [name for names in anchors.values() for name in names]
    assert {*book.definitions, *book.inputs, *book.parameter_specs} <= set(placed)
    for path, text in made.items():
        assert len(set(anchors[path])) == len(anchors[path])
        for target in (part.partition(")")[0] for part in text.split("](")[1:]):
            page, _, name = target.partition("#")
            if page.startswith("../") or not page:
                assert not name or name in anchors[path], (path, target)
                continue
            assert f"policies/{page}" in made, (path, target)
            assert not name or name in anchors[f"policies/{page}"], (path, target)


def test_a_page_says_what_is_local_and_what_is_unconfirmed() -> None:
    text = pages(DOCS)["policies/dibao.md"]
    assert "本地设定<br>没有单独规定的，用“城乡统一低保标准”<br>不得低于“省定农村低保最低标准”" in text
    assert "家庭年可计入收入 < 适用的低保标准（每人每年） × 共同生活家庭人数 且 财产符合规定" in text
    assert "2012-12-12 至 2021-06-30" in text
