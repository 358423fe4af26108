"""A hostile file costs at most its own job."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shouwang.apps.exchange import sandbox
from shouwang.apps.exchange.reading.indexes import whom
from shouwang.apps.exchange.reading.reasons import Refused
from shouwang.apps.exchange.reading.sealed import SealBroken, SealedWriter, packed, read_sealed
from tests.apps.exchange.feed_files import feed_file, settlement


def job(path: Path, folder: Path, extension: str = "csv") -> sandbox.Job:
    folder.mkdir()
    return sandbox.Job(
        path, extension, "medical", "990101000000", "2026-11-02", folder, b"i" * 32, b"n" * 32, b"s" * 16
    )


def read(path: Path, folder: Path, extension: str = "csv") -> dict[str, object]:
    with sandbox.reading(job(path, folder, extension), size=path.stat().st_size) as child:
        return child.receipt()


def test_child_starts_without_django_openpyxl_or_arrow() -> None:
    script = "import shouwang.apps.exchange.reading.child, sys; print([m for m in ('django', 'openpyxl', 'pyarrow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_progress_is_told_and_receipt_comes_back(tmp_path: Path) -> None:
    path = feed_file(tmp_path, "medical_990101_2026-09.csv", [settlement(n) for n in range(5)])
    told: list[tuple[int, int]] = []
    with sandbox.reading(job(path, tmp_path / "out"), size=path.stat().st_size) as child:
        receipt = child.receipt(lambda *at: told.append(at))
    assert receipt["accepted"] == 5
    assert told[0] == (0, path.stat().st_size)
    assert told[-1] == (path.stat().st_size, path.stat().st_size)
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"rows.parquet", "rows.sealed", "receipt.json"}
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "out").iterdir())


@pytest.mark.parametrize("lying", [False, True])
def test_zip_bomb_is_refused_soon_and_small(tmp_path: Path, lying: bool) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        with book.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(300):
                part.write(b" " * (1 << 20))
    data = out.getvalue()
    if lying:
        declared = (300 << 20).to_bytes(4, "little")
        assert declared in data
        data = data.replace(declared, (1000).to_bytes(4, "little"))
    path = tmp_path / "medical_990101_2026-09.xlsx"
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.monotonic()
    receipt = read(path, tmp_path / "out", "xlsx")
    assert receipt["verdict"] == "refused"
    assert receipt["refusal"]["code"] in {"zip_bomb", "truncated"}
    assert time.monotonic() - started < 10
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss - before < 512 * 1024


@pytest.mark.parametrize(
    "limits",
    [
        sandbox.Limits(memory=1000 << 20, cpu=1, file_size=64 << 20, wall=60),
        sandbox.Limits(memory=1000 << 20, cpu=60, file_size=1 << 14, wall=60),
        sandbox.Limits(memory=1000 << 20, cpu=60, file_size=64 << 20, wall=1),
    ],
    ids=["cpu", "file size", "wall"],
)
def test_a_file_beyond_its_limits_is_refused_and_the_parent_lives(
    tmp_path: Path, limits: sandbox.Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking_care = ({**settlement(n % 400, f"{n}.00"), "姓名": " 测试"} for n in range(150_000))
    path = feed_file(tmp_path, "medical_990101_2026-09.csv", taking_care)
    monkeypatch.setattr(sandbox, "limits_for", lambda size, extension: limits)
    with pytest.raises(Refused) as refused:
        read(path, tmp_path / "out")
    assert refused.value.code == "limits"


def test_too_little_memory_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = feed_file(tmp_path, "medical_990101_2026-09.csv", (settlement(n % 400, f"{n}.00") for n in range(60_000)))
    small = sandbox.Limits(memory=150 << 20, cpu=60, file_size=64 << 20, wall=60)
    monkeypatch.setattr(sandbox, "limits_for", lambda size, extension: small)
    with pytest.raises(Refused) as refused:
        read(path, tmp_path / "out")
    assert refused.value.code in {"limits", "unreadable"}


def test_sealed_frames_open_only_whole_and_under_their_key(tmp_path: Path) -> None:
    path = tmp_path / "rows.sealed"
    writer = SealedWriter(path, b"k" * 16)
    writer.write("quarantined", [["", 1, "身份证号990101197005170014"]])
    writer.write("repairs", [["x"]])
    writer.close()
    assert list(read_sealed(path, b"k" * 16, "repairs")) == [[["x"]]]
    whole = path.read_bytes()
    assert b"990101197005170014" not in whole
    for damaged in (
        b"SWS1" + whole[4:],
        b"SWS3" + whole[4:],
        whole[:-1],
        whole[:60] + bytes([whole[60] ^ 1]) + whole[61:],
        whole[: len(whole) - 40],
    ):
        path.write_bytes(damaged)
        with pytest.raises(SealBroken):
            list(read_sealed(path, b"k" * 16, "repairs"))
    path.write_bytes(whole)
    with pytest.raises(SealBroken):
        list(read_sealed(path, b"j" * 16, "repairs"))


def test_sealed_file_of_an_earlier_version_is_read_as_one_of_today(tmp_path: Path) -> None:
    key, old = b"k" * 16, tmp_path / "old.sealed"
    frames = [
        {"kind": "whom", "rows": [["王芳", "李四"], "197005171198001020"]},
        {"kind": "roster", "rows": [[["H1"], ["990101197005170014"]]]},
        {"kind": "quarantined", "rows": [["", 1]]},
        {"kind": "end", "rows": []},
    ]
    content = b"SWS1"
    for number, frame in enumerate(frames):
        sealer = Cipher(algorithms.SM4(key), modes.GCM(number.to_bytes(12, "big"))).encryptor()
        sealed = sealer.update(json.dumps(frame).encode()) + sealer.finalize() + sealer.tag
        content += len(sealed).to_bytes(4, "big") + sealed
    old.write_bytes(content)
    today = tmp_path / "today.sealed"
    writer = SealedWriter(today, key)
    writer.write_columns(
        "whom", packed(whom(pa.array(["王芳", "李四"]), pa.array(["990101197005170014", "990101198001020022"])))
    )
    writer.write_columns(
        "roster", packed(pa.RecordBatch.from_pydict({"household": ["H1"], "id": ["990101197005170014"]}))
    )
    writer.write("quarantined", [["", 1]])
    writer.close()
    for kind in ("whom", "roster", "quarantined", "repairs"):
        assert list(read_sealed(old, key, kind)) == list(read_sealed(today, key, kind)), kind
    old.write_bytes(content[:-20])
    with pytest.raises(SealBroken):
        list(read_sealed(old, key, "whom"))
