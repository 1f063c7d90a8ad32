"""Recorded tapes in the tapes folder: which there are, of which run, and which have been kept long enough."""

from collections.abc import Iterator
from pathlib import Path

from bot.durable import GivenUp, waited_for
from bot.errors import DataDamaged, InputMissing, PaperpitError
from bot.tape.facts import TapeFacts
from bot.tape.reader import open_tape
from bot.tape.unfinished import Say, Unfinished, finish, unfinished

DAY_NS = 86_400 * 1_000_000_000
FRESH_NS = DAY_NS
"""What was recorded within the last day is never thrown away: its diff has not been looked at."""


def finish_all(folder: Path, say: Say, given_up: GivenUp = waited_for) -> list[Path]:
    """Make tapes of what crashes left behind; what nobody could finish, or is being written, is handed back.

    What is left when it is `given_up` is left without a word.
    """
    left = []
    for path in unfinished(folder):
        try:
            facts = finish(path, say, given_up)
        except Unfinished:
            left.append(path)
            continue
        except (PaperpitError, OSError) as error:
            say(f"the recording {path.name} cannot be finished: {error}".splitlines()[0])
            left.append(path)
            continue
        if facts is not None:
            say(f"finished the recording of run {facts.run}: {facts.rows:,} rows of {facts.contract}")
        elif path.exists():
            left.append(path)
    return left


def recorded(folder: Path) -> Iterator[tuple[Path, TapeFacts]]:
    """The tapes in `folder` that a run recorded, by name."""
    for path in sorted(folder.glob("*.parquet")):
        try:
            with open_tape(path) as reader:
                facts = reader.facts
        except (DataDamaged, InputMissing):
            continue  # another's file, or gone since: no recording of ours in any case
        if facts.run:
            yield path, facts


def of_run(folder: Path, run: str) -> dict[str, Path]:
    """Contract → the tape of it that a run recorded."""
    return {facts.contract: path for path, facts in recorded(folder) if facts.run == run}


def weight(folder: Path) -> int:
    """Bytes of all tapes in `folder` that runs recorded."""
    return sum(path.stat().st_size for path, _ in recorded(folder))


def throw_away(folder: Path, *, keep_ns: int, max_bytes: int, now_ns: int) -> list[Path]:
    """Delete recorded tapes that are older than `keep_ns`, then the oldest beyond `max_bytes`; what was deleted.

    Imported and synthetic tapes are not touched, and what is fresh stays in any case. A tape is as old as its
    file: a recording may well be of a simulated gateway's year.
    """
    kept = [(path.stat().st_mtime_ns, path.stat().st_size, path) for path, _ in recorded(folder)]
    total, gone = sum(size for _, size, _ in kept), []
    for made_ns, size, path in sorted(kept):
        age = now_ns - made_ns
        if age <= FRESH_NS or (age <= keep_ns and total <= max_bytes):
            continue
        path.unlink(missing_ok=True)
        total -= size
        gone.append(path)
    return gone
