"""The one way to compile a scan: cached on disk, without the GIL, typed for the checker.

numba's disk cache does not notice a change in a called kernel that lives in another file, so a shipped update would
silently run the old rule. The cache folder is therefore named by a hash of all kernel sources and numba's version.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import platformdirs
from numba import types

Scan = TypeVar("Scan", bound=Callable[..., object])

_ROOT = Path(__file__).resolve().parent.parent
# Only these folders hold kernels; hashing more would compile anew for every change of an unrelated file.
_KERNEL_FOLDERS = ("bot/signals", "bot/domain", "adapters/replay", "adapters/synthetic", "bot/tape")


def sources_hash() -> str:
    """Hash of every source that a kernel could be compiled from, and of numba's version."""
    digest = hashlib.sha256(numba.__version__.encode())
    for folder in _KERNEL_FOLDERS:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            digest.update(path.relative_to(_ROOT).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where compiled kernels are kept; `PAPERPIT_KERNEL_CACHE` moves it."""
    base = os.environ.get("PAPERPIT_KERNEL_CACHE")
    return Path(base) if base else Path(platformdirs.user_cache_dir("paperpit")) / "kernels"


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
    )(scan)
    narrow = made.get_call_template

    def widened(args: Sequence[Any], kws: Mapping[str, Any]) -> object:
        return narrow(tuple(map(_wide, args)), {name: _wide(kind) for name, kind in kws.items()})

    made.get_call_template = widened
    return cast("Scan", made)


def _wide(kind: Any) -> Any:
    plain = types.unliteral(kind)
    return types.int64 if isinstance(plain, types.Integer) and plain.bitwidth < 64 else plain
