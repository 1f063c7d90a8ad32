"""P11: 50,000 ticks a second for ten seconds. None is lost, the backlog is worked off, orders get through.

Method: the far end of the latency bench plays them; every half a second one is a trigger. What a trigger's bracket
takes is how far the desk is behind; what has been lost is the ticks sent less the rows that the desk says at its end.
"""

from pathlib import Path

from tests.bench.rows import Row
from tests.bench.wire.contest import Contest

RATE, SECONDS, EVERY_S = 50_000, 10, 0.5
SETTLED_S = 5.0


def measure(folder: Path) -> list[Row]:
    """Rows of the flood."""
    with Contest(folder / "flood") as contest:
        contest.desk("power")
        warm = contest.round("power", do="play", rate=1_000, triggers=10, every_s=0.2)
        flood = contest.round("power", do="play", rate=RATE, triggers=int(SECONDS / EVERY_S), every_s=EVERY_S)
        told = contest.stop("power")
    lost = warm["ticks"] + flood["ticks"] - told["rows"]
    late = flood["third"][int(SETTLED_S / EVERY_S) :]
    rate = f"{flood['ticks'] / flood['seconds']:,.0f} ticks/s for {flood['seconds']:.0f} s"
    return [
        Row("flood: ticks lost", lost, "ticks", must=0, less=True, note=rate),
        Row("flood: behind after five seconds", max(late) / 1e3, "ms", must=100, less=True),
        Row("flood: triggers without a bracket", flood["late"], "", must=0, less=True),
    ]
