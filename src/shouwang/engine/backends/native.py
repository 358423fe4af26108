"""LLVM text to machine code of this processor, kept on disk by its fingerprint: compiled once, loaded ever after.

The compiler is the one numba is made of (llvmlite comes with it). A kept file begins with the SHA-256 of the rest: one that
was cut or damaged is compiled again. Files are written beside and renamed, so two that compile at once do no harm.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_DIGEST = 32
_FORM = "3"
_lock = threading.RLock()


class NoCompilerError(RuntimeError):
    """The compiler is not installed; the message is Chinese and says what to install."""

    def __init__(self) -> None:
        super().__init__("未安装编译组件：请安装 shouwang[compiled]，或不要指定 compiled=True")


def is_installed() -> bool:
    """Whether rules can be compiled here."""
    return find_spec("llvmlite") is not None


def default_folder() -> Path:
    """Where compiled rules are kept unless told otherwise: under the user's cache, or among temporary files."""
    try:
        return Path.home() / ".cache" / "shouwang" / "kernels"
    except RuntimeError:  # a container's user without a home
        return Path(tempfile.gettempdir()) / f"shouwang-{os.getuid()}" / "kernels"


@cache
def _machine() -> tuple[Any, Any, str]:
    """The compiler, its target machine, and what both are called."""
    if not is_installed():
        raise NoCompilerError
    import llvmlite  # type: ignore[import-untyped]
    from llvmlite import binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    processor, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    machine = target.create_target_machine(cpu=processor, features=features, opt=2, jit=True)
    version = ".".join(map(str, llvm.llvm_version_info))
    return llvm, machine, "\n".join((_FORM, llvmlite.__version__, version, processor, features))


class Loaded:
    """Machine code in memory; ``address`` gives a function's."""

    def __init__(self, text: bytes) -> None:
        llvm, _, _ = _machine()
        with _lock:
            machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(opt=2, jit=True)
            self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(text))
            self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function begins."""
        return int(self._engine.get_function_address(name))


def place_of(text: str, folder: Path | None = None) -> Path:
    """Where the machine code of a text is kept."""
    _, _, named = _machine()
    name = hashlib.sha256(f"{named}\n{text}".encode()).hexdigest()
    return (folder or default_folder()) / f"{name}.o"


def load(text: str, folder: Path | None = None) -> Loaded:
    """Machine code of a text: from the folder, else compiled and kept there. A folder that cannot be written is no error."""
    with _lock:
        path = place_of(text, folder)
        kept = _read(path)
        if kept is None:
            kept = _compiled(text)
            _keep(path, kept)
        return Loaded(kept)


def is_kept(text: str, folder: Path | None = None) -> bool:
    """Whether the machine code of a text is kept, whole."""
    return _read(place_of(text, folder)) is not None


def module_of(text: str) -> Any:
    """The module of a text as code is made of it. No passes: they double the time and gain nothing that can be measured."""
    llvm, _, _ = _machine()
    module = llvm.parse_assembly(text)
    module.verify()
    return module


def _compiled(text: str) -> bytes:
    _, machine, _ = _machine()
    return bytes(machine.emit_object(module_of(text)))


def _read(path: Path) -> bytes | None:
    """The code kept in a file of ours; None if there is none, it is damaged, or somebody else could have written it."""
    try:
        about = path.parent.stat()
        if hasattr(os, "getuid") and (about.st_uid != os.getuid() or about.st_mode & 0o022):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    digest, code = content[:_DIGEST], content[_DIGEST:]
    return code if code and hashlib.sha256(code).digest() == digest else None


def _keep(path: Path, code: bytes) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    except OSError:
        return
    try:
        with os.fdopen(number, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        Path(name).replace(path)
    except OSError:  # a full disk: the part of it shall not stay
        with suppress(OSError):
            Path(name).unlink()
