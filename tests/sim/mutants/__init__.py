"""Deliberately broken daemons, one a file (reliability notes, §4.6): proof that the invariants bite.

`python -m tests.sim.mutants [SEEDS=1000]` kills each of them by the invariant that it names; `make mutants` does so.
"""

from importlib import import_module
from pathlib import Path

from tests.sim.mutants.mutant import Mutant


def every() -> list[Mutant]:
    """All of them, in order."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("m[0-9]*_*.py"))
    return [import_module(f"{__name__}.{name}").MUTANT for name in names]
