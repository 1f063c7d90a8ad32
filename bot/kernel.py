"""The one way to compile a scan: cached on disk, without the GIL, typed for the checker.

numba's disk cache does not notice a change in a called kernel that lives in another file, so a shipped update would
silently run the old rule. The cache folder is therefore named by a hash of all kernel sources and numba's version.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

import numba
import platformdirs
from numba import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

Scan = TypeVar("Scan", bound=Callable[..., object])
Row: TypeAlias = Any
"""One row of a structured array inside a kernel: its fields are attributes."""

_ROOT = Path(__file__).resolve().parent.parent
# Only these folders hold kernels; hashing more would compile anew for every change of an unrelated file.
_KERNEL_FOLDERS = ("bot/signals", "bot/domain", "bot/orders", "bot/tape", "adapters/replay", "adapters/synthetic")


def sources_hash() -> str:
    """Hash of every source that a kernel could be compiled from, of how it is compiled, and of numba's version."""
    digest = hashlib.sha256(numba.__version__.encode() + Path(__file__).read_bytes())
    for folder in _KERNEL_FOLDERS:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            digest.update(path.relative_to(_ROOT).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where compiled kernels are kept; `PAPERPIT_KERNEL_CACHE` moves it."""
    base = os.environ.get("PAPERPIT_KERNEL_CACHE")
    return Path(base) if base else Path(platformdirs.user_cache_dir("paperpit")) / "kernels"


def compiled() -> bool:
    """Whether kernels of exactly these sources have been compiled before; a first start has to wait for that."""
    folder = Path(numba.config.CACHE_DIR)
    # The folders are made when the kernels are declared, their index when one has been compiled.
    return any(folder.rglob("*.nbi"))


def all_compiled() -> bool:
    """Whether a desk has noted that every kernel of these sources was compiled: they have only to be loaded."""
    return _noted().exists()


def note_all_compiled() -> None:
    """Remember it for the next start; where the cache is shipped and may not be written, each start looks itself."""
    with suppress(OSError):
        _noted().touch()


def _noted() -> Path:
    return Path(numba.config.CACHE_DIR) / "all"


numba.config.CACHE_DIR = str(cache_folder() / sources_hash())


def kernel(scan: Scan) -> Scan:
    """Compile `scan` in nopython mode, cached, without the GIL."""
    return cast("Scan", numba.njit(cache=True, nogil=True)(scan))


def part(scan: Scan) -> Scan:
    """Compile `scan` for kernels to call, never for Python: no wrapper, no cache of its own, no reference counts.

    Constants and short integers arrive as plain 64-bit integers, so that a part is compiled once, not once per way of
    being called: compiling is what a first start waits for. Nothing may be allocated in it.
    """
    return _part(scan, forceinline=False)


def hot(scan: Scan) -> Scan:
    """A part that runs for every row: it becomes code of its caller."""
    return _part(scan, forceinline=True)


def _part(scan: Scan, *, forceinline: bool) -> Scan:
    made = numba.njit(
        nogil=True,
        error_model="numpy",
        forceinline=forceinline,
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        _nrt=False,
        pipeline_class=_PartCompiler,
    )(scan)
    narrow = made.get_call_template

    def widened(args: Sequence[Any], kws: Mapping[str, Any]) -> object:
        return narrow(tuple(map(_wide, args)), {name: _wide(kind) for name, kind in kws.items()})

    made.get_call_template = widened
    return cast("Scan", made)


def _wide(kind: Any) -> Any:
    plain = types.unliteral(kind)
    return types.int64 if isinstance(plain, types.Integer) and plain.bitwidth < 64 else plain


class _Unlinked:
    """A part has no machine code, so there is nothing that an environment could be written into."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, name: str, env: object) -> None:
        """Nothing to set."""


class _PartLibrary(JITCodeLibrary):  # type: ignore[misc]  # numba has no types
    """A part's code as it goes into its callers: neither optimised nor turned into machine code on its own.

    numba would do both for every function on every level of calls; for a tree of a hundred parts that was a third of
    the compiling.
    """

    @property
    def codegen(self) -> Any:
        return _Unlinked(self._codegen)

    def get_pointer_to_function(self, name: str) -> int:
        return 0

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class _PartCompiler(Compiler):  # type: ignore[misc]  # numba has no types
    def __init__(self, typing: Any, target: Any, library: Any, *rest: Any) -> None:
        super().__init__(typing, target, library or _PartLibrary(target.codegen(), "part"), *rest)
