from __future__ import annotations

from shouwang.cli import main

main(prog_name="shouwang")
