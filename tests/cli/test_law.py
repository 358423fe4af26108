"""The base commands as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shouwang.cli import main

HOUSEHOLD = str(Path(__file__).resolve().parents[1] / "data/household.yaml")


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_evaluate_prints_each_result_in_chinese() -> None:
    done = typed("evaluate", HOUSEHOLD)
    assert done.exit_code == 0, done.output
    assert "符合低保条件：是" in done.output
    assert "低保月补差金额：600.00元" in done.output


def test_explain_names_the_article() -> None:
    done = typed("explain", HOUSEHOLD, "--rule", "dibao_eligible")
    assert done.exit_code == 0, done.output
    assert "社会救助暂行办法" in done.output or "最低生活保障审核确认办法" in done.output


def test_explain_refuses_an_unknown_rule() -> None:
    done = typed("explain", HOUSEHOLD, "--rule", "no_such_rule")
    assert done.exit_code == 1
    assert "没有名为 no_such_rule 的规则" in done.output
    done = typed("explain", HOUSEHOLD, "--rule", "符合低保的条件")
    assert "没有名为 符合低保的条件 的规则，是不是“符合低保条件”" in done.output


def test_explain_asks_which_member_a_person_rule_is_about() -> None:
    done = typed("explain", HOUSEHOLD, "--rule", "paid_after_death")
    assert done.exit_code == 1
    assert "--member" in done.output


def test_check_passes_the_case_and_counts_it() -> None:
    done = typed("check", HOUSEHOLD)
    assert done.exit_code == 0, done.output
    assert "通过 1 个，不符 0 个" in done.output


def test_check_says_where_a_case_differs(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        Path(HOUSEHOLD).read_text(encoding="utf-8").replace("低保月补差金额: 600元", "低保月补差金额: 601元"),
        encoding="utf-8",
    )
    done = typed("check", str(wrong))
    assert done.exit_code == 1
    assert "应为 601.00元，算得 600.00元" in done.output


def test_explain_takes_a_rule_by_its_label() -> None:
    done = typed("explain", HOUSEHOLD, "--rule", "符合低保条件")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("符合低保条件：是")


def test_check_of_a_folder_without_cases_is_no_success(tmp_path: Path) -> None:
    done = typed("check", str(tmp_path))
    assert done.exit_code == 1
    assert "没有案例文件" in done.output


def test_explain_in_one_paragraph() -> None:
    done = typed("explain", HOUSEHOLD, "--rule", "dibao_eligible", "--plain")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("按2026年6月30日掌握的情况，是否符合低保条件？答复：是。")
    assert len(done.output.splitlines()) == 1


def test_explain_as_json_carries_the_paragraph_and_the_tree() -> None:
    done = typed("explain", HOUSEHOLD, "--rule", "dibao_gap_amount", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["explanation"]["value"] == 60_000
    assert "600元" in told["plain"]
    assert told["as_of"] == "2026-06-30"


def test_explain_on_paper(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    paper = tmp_path / "说明.pdf"
    done = typed("explain", HOUSEHOLD, "--rule", "dibao_eligible", "--pdf", str(paper))
    assert done.exit_code == 0, done.output
    assert paper.read_bytes().startswith(b"%PDF-")


def test_paper_without_typst_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shouwang.engine.paper.find_spec", lambda name: None)
    done = typed("explain", HOUSEHOLD, "--rule", "dibao_eligible", "--pdf", str(tmp_path / "x.pdf"))
    assert done.exit_code == 1
    assert "pip install 'shouwang[web]'" in done.output
    assert not (tmp_path / "x.pdf").exists()


def test_paper_into_no_folder_is_told_in_chinese(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    done = typed("explain", HOUSEHOLD, "--rule", "dibao_eligible", "--pdf", str(tmp_path / "没有/x.pdf"))
    assert done.exit_code == 1
    assert "写不了" in done.output


def test_check_of_a_folder_calls_each_file_by_its_place(tmp_path: Path) -> None:
    text = Path(HOUSEHOLD).read_text(encoding="utf-8")
    for folder in ("甲", "乙"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "amount.yaml").write_text(text, encoding="utf-8")
    wrong = text.replace("低保月补差金额: 600元", "低保月补差金额: 601元")
    (tmp_path / "乙" / "amount.yaml").write_text(wrong, encoding="utf-8")
    done = typed("check", str(tmp_path), "--quiet")
    assert done.exit_code == 1
    first, last = done.output.splitlines()
    assert first.startswith("不符  乙/amount.yaml")
    assert last == "2 个文件，2 个案例：通过 1 个，不符 1 个"
