"""Which truth a tape is held against: the labels told or those beside it, as far as they speak of this tape."""

from pathlib import Path

from bot.errors import DataDamaged, InputMissing
from bot.scoring.watch import Watch, Watched
from bot.tape.find import find_tape
from bot.tape.labels import Label, labels_path, read_labels


def labels_beside(tape: str, told: Path | None, of: Watch | Watched) -> tuple[list[Label], int]:
    """The labels that meet the tape's time, and how many of the file do not (a cut tape has fewer events).

    Raises InputMissing where there is no file, DataDamaged where it is none of labels or none of its labels is of this
    tape.
    """
    path = told or labels_path(find_tape(tape))
    if not path.is_file():
        raise InputMissing(
            f"there are no labels for the tape {tape}",
            where=str(path),
            allowed="<stem>.labels.parquet beside the tape, --labels FILE.parquet, or --labels none to count only",
            do=f"paperpit score {tape} --labels none",
        )
    labels = read_labels(path)
    kept = [one for one in labels if one.t_end >= of.first_ns and one.t_start <= of.last_ns]
    if labels and not kept:
        raise DataDamaged(f"none of its {len(labels)} labels lies within the time of the tape {tape}", where=str(path))
    return kept, len(labels) - len(kept)
