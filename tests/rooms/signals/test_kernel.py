"""How kernels are compiled: parts once for all callers, and a cache that an update never fools."""

import shutil
import subprocess
import sys
from pathlib import Path

from bot import kernel as compiling

SOURCE = """
import numpy as np
from bot.kernel import kernel
from bot.signals.{inner} import add

@kernel
def outer(x):
    return add(x)

print(outer(1))
"""


CALLS = """
import numpy as np
from bot.kernel import hot, kernel, part

@part
def scaled(x, by):
    return x * by

@hot
def squared(x):
    return x * x

@kernel
def use(rows):
    total = 0.0
    for k in range(rows.shape[0]):
        total += scaled(rows[k].small, 3) + scaled(rows[k].large, -1) + scaled(7, rows[k].small)
        total += squared(rows[k].real)
    return total

rows = np.array([(2, 30, 0.5)], np.dtype([("small", "i1"), ("large", "i8"), ("real", "f8")], align=True))
print(use(rows), len(scaled.overloads))
"""


def test_a_part_is_compiled_once_however_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "calls.py").write_text(CALLS)
    root = Path(compiling.__file__).parent.parent
    assert _run(root, str(tmp_path / "calls.py"), tmp_path) == "-9.75 1"


def test_a_change_of_any_kernel_source_makes_another_cache(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    shutil.copytree(Path(compiling.__file__).parent, root / "bot")
    before = _hash(root)
    assert _hash(root) == before
    for changed in ("bot/signals/level.py", "bot/domain/market.py", "bot/kernel.py"):
        path = root / changed
        path.write_text(path.read_text() + "\n# another line\n")
        assert _hash(root) != before, changed
        before = _hash(root)


def test_an_update_of_an_inner_function_is_not_answered_by_the_old_one(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    shutil.copytree(Path(compiling.__file__).parent, root / "bot")
    (root / "outer.py").write_text(SOURCE.format(inner="newcomer"))
    for step in (1, 5):
        text = f"from bot.kernel import kernel\n\n@kernel\ndef add(x):\n    return x + {step}\n"
        (root / "bot/signals/newcomer.py").write_text(text)
        for _ in range(2):
            assert _run(root, "outer.py", tmp_path) == str(1 + step)


def _hash(root: Path) -> str:
    return _run(root, "-c", root, "from bot.kernel import sources_hash; print(sources_hash())")


def _run(root: Path, what: str, cache: Path, *more: str) -> str:
    environment = {
        "PYTHONPATH": str(root),
        "PAPERPIT_KERNEL_CACHE": str(cache / "kernels"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, what, *more], cwd=root, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
