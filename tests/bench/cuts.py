"""The cut law, measured: the same journal however the rows are cut, and what a small cut costs."""

from pathlib import Path

import numpy as np

from tests.bench.rows import Row, in_turns
from tests.bench.tape import load
from tests.bench.whole import Replay

# batch, rows that it is tried on, goals of its speed beside batches of 65,536
CUTS = (
    (4_096, 5_000_000, None, None),
    (1_024, 5_000_000, None, None),
    (777, 1_000_000, None, None),
    (64, 1_000_000, 0.15, 0.2),
    (1, 50_000, 0.003, 0.004),
)
WHOLE = 65_536


def measure(folder: Path, rows: Path, rounds: int) -> list[Row]:
    """Rows P6."""
    held = load(rows)
    replays: dict[str, Replay] = {}
    for batch, count, _, _ in ((WHOLE, len(held), None, None), *CUTS):
        part = folder / f"cut-{count}.npy"
        if not part.exists():
            np.save(part, held[:count])
        replays[str(batch)] = Replay(folder, part, batch)
    same = [
        replays[str(batch)].hash() == Replay(folder, folder / f"cut-{n}.npy", WHOLE).hash() for batch, n, _, _ in CUTS
    ]
    rates = in_turns({name: replay.rate for name, replay in replays.items()}, max(1, rounds // 2))
    return [
        Row("cuts: the same journal, row by row", float(all(same)), "yes", must=1, note="1 = yes"),
        *(
            Row(
                f"cuts: batches of {batch}",
                rates[str(batch)] / 1e6,
                "M rows/s",
                f"batches of {WHOLE}",
                rates[str(batch)] / rates[str(WHOLE)],
                must=must,
                aim=aim,
            )
            for batch, _, must, aim in CUTS
        ),
    ]
