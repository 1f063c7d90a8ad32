"""How well the detectors see: a tape through them alone, held against what is known to have happened on it.

    tally = score_tape("synth-7", labels) + score_tape("synth-8", other_labels)
    rows(tally)

`Watch` says what the detectors see of a tape, `match` pairs that with labels, a `Tally` counts and can be added to
another tape's, `rows` turns it into figures with exact intervals.
"""

from collections.abc import Sequence
from pathlib import Path

from bot.config import BotFile, Loaded, StrategyFile
from bot.scoring.matching import Matched, match
from bot.scoring.report import decoy_rows, guard_rows, rows
from bot.scoring.tally import Tally, tally_of
from bot.scoring.truth import labels_beside
from bot.scoring.watch import Detection, Watch, Watched

__all__ = [
    "Detection",
    "Matched",
    "Tally",
    "Watch",
    "Watched",
    "decoy_rows",
    "guard_rows",
    "labels_beside",
    "match",
    "rows",
    "score_tape",
    "tally_of",
]


def score_tape(
    tape: str,
    labels: Path | None = None,
    *,
    bot: Loaded[BotFile] | None = None,
    strategies: Sequence[Loaded[StrategyFile]] = (),
) -> Tally:
    """What the detectors make of a tape (`demo`, a path, a name), held against its labels.

    `labels`: the file; None for the one beside the tape. `bot`, `strategies`: see `Watch`. Raises InputMissing,
    DataDamaged, ConfigError.
    """
    watch = Watch(tape, bot=bot, strategies=strategies)
    known, _ = labels_beside(tape, labels, watch)
    watched = watch.read()
    return tally_of(watched, match(watched, known))
