"""`make bench`: measure, print a table, write bench.json.

usage: python -P -m tests.bench [--rounds N] [--sweep-rows N] [--sweep-trials N] [SECTION …]
sections: replay python memory start journal signals market decode latency burst flood sweep year pages
"""

import argparse
import importlib
import json
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.bench import tape
from tests.bench.rows import Row

SHORT, LONG = 5_000_000, 20_000_000
TRIALS = 256
OUT = Path("bench.json")
say = Console(stderr=True).print


class Tapes:
    """The tapes of one run of the bench, each made when it is first asked for, and what was asked of a sweep."""

    def __init__(self, folder: Path, sweep_rows: int, sweep_trials: int) -> None:
        self.folder, self.sweep_rows, self.sweep_trials = folder, sweep_rows, sweep_trials

    def file(self, rows: int) -> Path:
        """As a tape."""
        return self._made(f"{rows}.parquet", lambda path: tape.write(path, rows))

    def rows(self) -> Path:
        """As rows for memory: the short one."""
        return self._made(f"{SHORT}.npy", lambda path: np.save(path, np.concatenate(list(tape.chunks(SHORT)))))

    def _made(self, name: str, make: Callable[[Path], object]) -> Path:
        path = self.folder / name
        if not path.exists():
            say(f"making {name}")
            make(path)
        return path


def replay(tapes: Tapes, rounds: int) -> list[Row]:
    """P1, P2, P3, P5."""
    from tests.bench.replay import measure

    return measure(tapes.folder, tapes.rows(), tapes.file(SHORT), rounds)


def python(tapes: Tapes, rounds: int) -> list[Row]:
    """P4."""
    from tests.bench.python import measure

    return measure(tapes.folder, tapes.rows(), rounds)


def memory(tapes: Tapes, rounds: int) -> list[Row]:
    """P7."""
    from tests.bench.memory import measure

    return measure(tapes.folder, tapes.file(SHORT), tapes.file(LONG), max(1, rounds // 2))


def start(tapes: Tapes, rounds: int) -> list[Row]:
    """P8."""
    from tests.bench.start import measure

    return measure(tapes.folder, rounds)


def cuts(tapes: Tapes, rounds: int) -> list[Row]:
    """P6."""
    from tests.bench.cuts import measure

    return measure(tapes.folder, tapes.rows(), rounds)


def signals(tapes: Tapes, rounds: int) -> list[Row]:
    """The engine's own."""
    from tests.bench.signals import measure

    return measure(tapes.folder, tapes.rows(), rounds)


def market(_tapes: Tapes, rounds: int) -> list[Row]:
    """The synthetic market's own."""
    from tests.bench.market import measure

    return measure(rounds)


def decode(_tapes: Tapes, rounds: int) -> list[Row]:
    """P9."""
    from tests.bench.decode import measure

    return measure(rounds)


def latency(tapes: Tapes, rounds: int) -> list[Row]:
    """P10."""
    from tests.bench.latency import measure

    return measure(tapes.folder, rounds)


def burst(tapes: Tapes, rounds: int) -> list[Row]:
    """P11."""
    from tests.bench.latency import measure_burst

    return measure_burst(tapes.folder, rounds)


def sweep(tapes: Tapes, rounds: int) -> list[Row]:
    """P15."""
    from tests.bench.sweep import FEW_ROWS, measure

    tape, tenth = tapes.file(tapes.sweep_rows), tapes.file(max(FEW_ROWS, tapes.sweep_rows // 10))
    return measure(tapes.folder, tape, tenth, rounds, tapes.sweep_trials)


def flood(tapes: Tapes, _rounds: int) -> list[Row]:
    """P11, the part that is about none being lost."""
    from tests.bench.flood import measure

    return measure(tapes.folder)


SECTIONS = {
    section.__name__: section
    for section in (replay, python, signals, cuts, memory, start, market, decode, latency, burst, flood, sweep)
}
# Measured by the rooms themselves; `measure()` gives rows as bench.json has them.
OTHERS = tuple(name for name in ("journal", "year", "pages") if find_spec(f"tests.bench.{name}"))


def measured(names: list[str], rounds: int, sweep_rows: int, sweep_trials: int) -> Iterator[dict[str, object]]:
    """The objects of bench.json, section by section."""
    with tempfile.TemporaryDirectory(prefix="paperpit-bench-") as folder:
        tapes = Tapes(Path(folder), sweep_rows, sweep_trials)
        for name in names:
            say(f"measuring {name}")
            if name in OTHERS:
                yield from importlib.import_module(f"tests.bench.{name}").measure()
            else:
                yield from (row.as_json() for row in SECTIONS[name](tapes, rounds))


def table(rows: list[dict[str, object]]) -> Table:
    """What a person sees."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("what", "value", "unit", "ratio", "to", "goal", "", "note"):
        made.add_column(title, justify="right" if title in ("value", "ratio") else "left")
    for row in rows:
        figures = ("-" if row[key] is None else f"{row[key]:,.3g}" for key in ("value", "ratio"))
        value, ratio = figures
        verdict = {None: "", True: "met", False: "[bold]missed[/bold]"}[row["met"]]  # type: ignore[index]
        made.add_row(
            str(row["name"]),
            value,
            str(row["unit"]),
            ratio,
            str(row["ratio_to"] or ""),
            str(row["target"] or ""),
            "met, and the aim" if row.get("aim_met") else verdict,
            str(row.get("note") or ""),
        )
    return made


def main() -> None:
    """Measure what was asked for, everything by default."""
    everything = [*SECTIONS, *OTHERS]
    asked = argparse.ArgumentParser(prog="python -P -m tests.bench", description="Measure and write bench.json.")
    asked.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(everything)}; default: all")
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--sweep-rows", type=int, default=SHORT, metavar="N", help="rows of a sweep's tape")
    asked.add_argument("--sweep-trials", type=int, default=TRIALS, metavar="N", help="trials of a sweep")
    given = asked.parse_args()
    unknown = set(given.sections) - set(everything)
    if unknown:
        asked.error(f"no section {', '.join(sorted(unknown))}")
    rows = list(measured(given.sections or everything, given.rounds, given.sweep_rows, given.sweep_trials))
    OUT.write_text(json.dumps(rows, indent=1) + "\n")
    Console(width=None if Console().is_terminal else 200).print(table(rows))
    say(f"written to {OUT}")


if __name__ == "__main__":
    main()
