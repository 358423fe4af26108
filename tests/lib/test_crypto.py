"""Sealed fields: right algorithm, bound to their row, keys kept and never silently replaced."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouwang.lib.crypto import (
    CryptoUnavailable,
    FileKeyProvider,
    KeyMissing,
    TamperedError,
    Vault,
    field_aad,
    known_answer_test,
    known_answers,
    sm3_file,
    sm3_hex,
)

ROW_1, ROW_2 = (field_aad("registry_person", "identity", n) for n in (1, 2))


class FixedKeys:
    """Keys that live as long as one test."""

    def current(self, purpose: str) -> tuple[int, bytes]:
        return 1, purpose.encode().ljust(16, b"\0")

    def key(self, purpose: str, version: int) -> bytes:
        return self.current(purpose)[1]


VAULT = Vault(FixedKeys())


def test_library_gives_the_published_answers() -> None:
    known_answer_test()


@pytest.mark.parametrize("name", ["RFC8998_TAG", "SM3_ABC", "HMAC_ANSWER"])
def test_machine_with_another_answer_gets_no_vault(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = getattr(known_answers, name)
    monkeypatch.setattr(known_answers, name, right[::-1])
    with pytest.raises(CryptoUnavailable, match="国密"):
        Vault(FixedKeys())


@given(st.text(max_size=200))
def test_sealed_text_opens_in_its_own_row(text: str) -> None:
    assert VAULT.decrypt(VAULT.encrypt(text, ROW_1), ROW_1) == text


def test_same_text_never_seals_to_the_same_bytes() -> None:
    assert VAULT.encrypt("安禾县", ROW_1) != VAULT.encrypt("安禾县", ROW_1)


@pytest.mark.parametrize(
    "elsewhere", [ROW_2, field_aad("registry_person", "phone", 1), field_aad("other", "identity", 1)]
)
def test_ciphertext_swapped_into_another_row_or_column_does_not_open(elsewhere: str) -> None:
    with pytest.raises(TamperedError, match="别的记录"):
        VAULT.decrypt(VAULT.encrypt("一号", ROW_1), elsewhere)


def test_every_altered_byte_is_noticed(tmp_path: Path) -> None:
    vault = Vault(FileKeyProvider(tmp_path / "keys"))
    sealed = vault.encrypt("一号", ROW_1)
    for place in range(len(sealed)):
        altered = sealed[:place] + bytes((sealed[place] ^ 1,)) + sealed[place + 1 :]
        with pytest.raises((TamperedError, KeyMissing)):
            vault.decrypt(altered, ROW_1)


@pytest.mark.parametrize("sealed", [b"", b"\1\1", b"\2" * 60])
def test_bytes_that_are_no_sealed_field_are_refused(sealed: bytes) -> None:
    with pytest.raises(TamperedError, match="格式"):
        VAULT.decrypt(sealed, ROW_1)


def test_index_is_the_same_for_a_value_and_differs_by_column() -> None:
    first = VAULT.blind_index("990101199003070009", "identity")
    assert first == VAULT.blind_index("990101199003070009", "identity")
    assert first != VAULT.blind_index("990101199003070009", "phone")
    assert len(first) == 16


def test_mac_changes_with_its_data() -> None:
    assert VAULT.mac(b"a") == VAULT.mac(b"a") != VAULT.mac(b"b")
    assert len(VAULT.mac(b"")) == 32


def test_keys_are_made_once_private_and_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    sealed = Vault(FileKeyProvider(folder)).encrypt("一号", ROW_1)
    assert Vault(FileKeyProvider(folder)).decrypt(sealed, ROW_1) == "一号"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.key")} == {0o600}
    assert sorted(path.name for path in folder.glob("*.key")) == ["field.v1.key", "index.v1.key", "seal.v1.key"]


def test_rotated_key_writes_new_and_reads_old(tmp_path: Path) -> None:
    keys = FileKeyProvider(tmp_path)
    vault = Vault(keys)
    old = vault.encrypt("一号", ROW_1)
    assert keys.rotate("field") == 2
    assert vault.key_version_of(vault.encrypt("一号", ROW_1)) == 2
    assert Vault(FileKeyProvider(tmp_path)).decrypt(old, ROW_1) == "一号"


def test_index_key_does_not_rotate(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="不随数据密钥轮换"):
        FileKeyProvider(tmp_path).rotate("index")


def test_lost_key_is_reported_and_never_made_anew(tmp_path: Path) -> None:
    Vault(FileKeyProvider(tmp_path)).mac(b"")
    (tmp_path / "index.v1.key").unlink()
    with pytest.raises(KeyMissing, match="从备份恢复"):
        Vault(FileKeyProvider(tmp_path)).blind_index("x", "identity")
    assert not (tmp_path / "index.v1.key").exists()


def test_damaged_key_file_is_reported(tmp_path: Path) -> None:
    Vault(FileKeyProvider(tmp_path)).mac(b"")
    (tmp_path / "seal.v1.key").write_text("abc", encoding="ascii")
    with pytest.raises(KeyMissing, match="损坏"):
        Vault(FileKeyProvider(tmp_path)).mac(b"")


def test_provider_told_not_to_create_leaves_the_folder_alone(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing):
        FileKeyProvider(tmp_path / "keys", create=False).current("field")
    assert not (tmp_path / "keys").exists()


def test_file_digest_equals_the_digest_of_its_bytes(tmp_path: Path) -> None:
    content = b"\0\xff" * 700_000
    path = tmp_path / "feed.csv"
    path.write_bytes(content)
    assert sm3_file(path) == sm3_hex(content)


def test_processes_starting_together_end_with_one_key(tmp_path: Path) -> None:
    import sys

    program = (
        "import sys; from pathlib import Path; from shouwang.lib.crypto import FileKeyProvider; "
        "print(FileKeyProvider(Path(sys.argv[1])).current('field')[1].hex())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "keys")], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1
    assert all(process.returncode == 0 for process in started)


def test_furnishing_cut_short_is_finished_by_the_next_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def power_cut(provider: FileKeyProvider, purpose: str, version: int) -> None:
        if purpose == "index":
            raise KeyboardInterrupt
        make(provider, purpose, version)

    make = FileKeyProvider._make
    monkeypatch.setattr(FileKeyProvider, "_make", power_cut)
    with pytest.raises(KeyboardInterrupt):
        FileKeyProvider(tmp_path).current("field")
    monkeypatch.undo()
    field = FileKeyProvider(tmp_path).current("field")
    assert FileKeyProvider(tmp_path).current("index")[0] == 1
    assert FileKeyProvider(tmp_path).current("seal")[0] == 1
    assert FileKeyProvider(tmp_path).current("field") == field
    (tmp_path / "index.v1.key").unlink()
    with pytest.raises(KeyMissing):
        FileKeyProvider(tmp_path).current("index")


def test_two_that_rotate_at_once_end_with_one_key(tmp_path: Path) -> None:
    one, other = FileKeyProvider(tmp_path), FileKeyProvider(tmp_path)
    one.current("field")
    other.current("field")
    assert one.rotate("field") == other.rotate("field") == 2
    assert one.current("field") == other.current("field")


@pytest.mark.parametrize("sealed", [b"", b"\x01"])
def test_the_key_version_of_too_few_bytes_is_refused(tmp_path: Path, sealed: bytes) -> None:
    with pytest.raises(TamperedError):
        Vault(FileKeyProvider(tmp_path)).key_version_of(sealed)
