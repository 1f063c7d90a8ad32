"""Which journal a reader opens: the one it is given, else the one that was written to last."""

from collections.abc import Sequence

from bot.config.places import journal_named
from bot.errors import InputMissing
from bot.journal.opening import default_url
from bot.journal.place import Place, place, split_run
from bot.journal.reading import reading
from bot.resources import data_folder

NAMES = ("journal.db", "replay.db")
"""What `run` and `replay` write in the data folder."""


def choose(given: str | None) -> tuple[Place, str | None, bool]:
    """The journal of `--journal`, of the environment (`journal_named`), else the one with the newest started run.

    Returns its place, the run where the URL names one (`URL#RUN`), and whether it was ours to choose. Raises
    InputMissing when there is none, UsageError for what is no journal's URL.
    """
    url = given or journal_named()
    if url:
        base, run = split_run(url)
        return place(base), run, False
    folder = data_folder()
    found = [place(str(folder / name)) for name in NAMES if (folder / name).exists()]
    if not found:
        raise InputMissing(
            f"there is no journal in {folder} yet",
            do="paperpit replay (or run) makes one; --journal URL names another",
        )
    return newest(found), None, True


def choose_or_default(given: str | None) -> Place:
    """The same for a command that may make a journal: where there is none, the one that `run` will write."""
    try:
        return choose(given)[0]
    except InputMissing:
        return place(default_url(replay=False))


def newest(places: Sequence[Place]) -> Place:
    """The journal with the newest started run; the first one while none has a run."""

    def started(where: Place) -> int:
        try:
            with reading(where) as reader:
                return max((run.started_ns for run in reader.runs), default=0)
        except InputMissing:
            return -1  # the file is there, the tables are not yet

    return places[0] if len(places) == 1 else max(places, key=started)
