"""Writes the corpus: files of every variant and the manifest of what must become of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from shouwang.synth.corpus import cell_families, containers, encodings, layouts, structure, typed_cells
from shouwang.synth.corpus.manifest import Case
from shouwang.synth.corpus.registry import POSITIONS, VARIANTS, Draw, Variant

Size = Literal["commit", "full"]
POLICY = 1
FAMILY_MODULES = (cell_families, containers, encodings, layouts, structure, typed_cells)
"""Imported for their registrations: each adds its variants to ``VARIANTS``."""

_SMALL = 4
_LARGE = 24


def _draws(variants: list[Variant], seed: int, size: Size) -> Iterator[tuple[Variant, Draw]]:
    """Every file to build. ``commit``: each variant once, feeds and positions in turn. ``full``: every feed and position."""
    number = 0
    for place, variant in enumerate(variants):
        if size == "commit":
            if not variant.commit:
                continue
            chosen = [(variant.feeds[place % len(variant.feeds)], POSITIONS[place % 3])]
        else:
            positions = POSITIONS if variant.positional else POSITIONS[1:2]
            feeds = variant.feeds if variant.commit else variant.feeds[:2]
            chosen = [(feed, position) for feed in feeds for position in positions]
        for feed, position in chosen:
            number += 1
            rng = np.random.Generator(np.random.PCG64([seed, number]))
            rows = _SMALL if size == "commit" or number % 4 else _LARGE
            yield variant, Draw(rng, feed, position, rows)


def cases(seed: int, size: Size) -> Iterator[Case]:
    """Build the files of the corpus one by one, in a fixed order, without writing them."""
    for number, (variant, draw) in enumerate(_draws(VARIANTS, seed, size), start=1):
        case = variant.build(draw)
        case.family, case.family_name = variant.family, variant.family_name
        case.variant = f"{variant.name}:{draw.position}" if variant.positional else variant.name
        case.path = f"f{variant.family:02d}/{case.feed}_990101_2026-09_{number}.{case.extension}"
        yield case


def write_corpus(out: Path, seed: int, size: Size) -> Path:
    """Write the malformed-file corpus under ``out`` and return the path of ``manifest.json``.

    ``size``: ``commit`` = every variant once (some two hundred files, seconds), ``full`` = every variant with every
    feed and position. The same seed gives the same bytes. The manifest's form is in ``corpus/README.md``.
    """
    entries: list[dict[str, Any]] = []
    for case in cases(seed, size):
        path = out / case.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(case.content)
        entries.append(
            {
                "path": case.path,
                "declared_name": case.declared_name or path.name,
                "feed": case.feed,
                "family": case.family,
                "family_name": case.family_name,
                "variant": case.variant,
                "level": case.level,
                "verdict": case.verdict,
                "reason": case.refused or case.held,
                "sha256": hashlib.sha256(case.content).hexdigest(),
                "records": [record.as_dict() for record in case.records],
            }
        )
    manifest = out / "manifest.json"
    content = {"seed": seed, "size": size, "policy": POLICY, "files": entries}
    manifest.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return manifest
