"""A line of code knows its room: who writes, who sees a request, who reads the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ROOT / "src/shouwang/apps"
WRITES = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete"}
WRITERS = {"services.py", "record.py"}
SEES_REQUEST = {"views.py", "rest.py", "middleware.py", "decorators.py", "context.py"}


def modules() -> Iterator[Path]:
    yield from (path for path in APPS.glob("*/**/*.py") if "migrations" not in path.parts)


def room(path: Path) -> str:
    """The room of a module: its file, or the folder it was split into (services/decide.py is services)."""
    inside = path.relative_to(APPS).parts[1:]
    return f"{inside[0]}.py" if len(inside) > 1 else inside[0]


def calls(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node.lineno


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in modules()
        if room(path) in {"views.py", "selectors.py", "access.py", "forms.py", "models.py", "urls.py", "states.py"}
    ],
    ids=lambda path: str(path.relative_to(APPS)),
)
def test_only_services_write_rows(path: Path) -> None:
    found = [f"{path.name}:{line} .{name}()" for name, line in calls(path) if name in WRITES]
    assert not found, found


@pytest.mark.parametrize(
    "path", [path for path in modules() if room(path) not in SEES_REQUEST], ids=lambda path: str(path.relative_to(APPS))
)
def test_only_views_see_the_request(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.arg) and node.arg == "request"]
    assert not found, f"{path}: {found}"


def test_every_setting_is_in_the_manual() -> None:
    tree = ast.parse((ROOT / "src/shouwang/config/settings.py").read_text(encoding="utf-8"))
    named = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    manual = (ROOT / "docs/how-to/settings.md").read_text(encoding="utf-8")
    assert named
    assert not [name for name in sorted(named) if f"SHOUWANG_{name}" not in manual]


def test_every_app_has_its_readme_and_every_model_its_privacy_line() -> None:
    for app in (path for path in APPS.iterdir() if (path / "apps.py").exists()):
        assert (app / "README.md").exists(), app
        for model_file in app.glob("models*.py"):
            for node in ast.parse(model_file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and any("Model" in ast.unparse(base) for base in node.bases):
                    text = (ast.get_docstring(node) or "").lower()
                    assert "privacy" in text or "no personal data" in text, f"{app.name}.{node.name}"
