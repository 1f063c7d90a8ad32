"""What has been tried: the settings of every strategy that any run of the journal used.

A try is a strategy's TOML as it was read (its name, its own claims and its comments aside) together with the detectors'
settings of bot.toml. Two runs with the same are one try, whatever adapter, tape or account they had.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from bot.journal import rows
from bot.journal.first_rows import BOT, BROKER, CALENDAR
from bot.journal.reading import Reader, RunInfo

_NO_SETTING = ("name", "expect")
DRILL = "drill"
"""The shipped strategy that exercises a set-up: its round trips are nobody else's, nor its settings anybody's tries."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What one strategy of one run was set to."""

    product: str
    drill: bool
    digest: str


Key = tuple[str, int, str]
"""Run, `seq` of the revision of its settings (0: those of its start), strategy's name."""
Settings = Mapping[Key, Setting]
"""What a strategy was set to."""


def key_of(reader: Reader, run: str, seq: int, strategy: str) -> Key:
    """The settings of a strategy under which a row of a run was made."""
    revised = reader.revision(run, seq)
    return run, 0 if revised is None else revised.seq, strategy


def settings(reader: Reader, runs: Sequence[RunInfo] | None = None) -> dict[Key, Setting]:
    """The settings of every strategy in these runs; in every run of the journal where none are named."""
    decode = msgspec.json.Decoder(dict[str, str]).decode
    found = {}
    few = runs is not None and len(runs) < len(reader.runs)
    wanted = {run.run for run in runs or ()} if few else {run.run for run in reader.runs}
    told = reader.among(rows.Run, "run", wanted) if few else reader.read(rows.Run, reader.runs)
    revised = reader.among(rows.ConfigRevision, "run", wanted & reader.revisions.keys())
    known = [*((row.run, 0, row.config) for row in told), *((row.run, row.seq, row.config) for row in revised)]
    for run, seq, config in known:
        texts = decode(config)
        detectors = _table(texts.get(BOT, "")).get("detectors", {})
        for file, text in texts.items():
            if file not in (BOT, CALENDAR, BROKER):
                table = _table(text)
                found[run, seq, str(table.get("name", file))] = _setting(table, detectors)
    return found


def tried(known: Iterable[Setting], products: Iterable[str], *, drill: bool) -> set[str]:
    """Digests of the different settings that were ever used on any of these products."""
    wanted = set(products)
    return {one.digest for one in known if one.product in wanted and one.drill == drill}


def setting_of(text: str, bot: str) -> Setting:
    """What a strategy's TOML sets it to, under the text of a bot.toml."""
    return _setting(_table(text), _table(bot).get("detectors", {}))


def _setting(table: Mapping[str, Any], detectors: Mapping[str, Any]) -> Setting:
    own = {key: value for key, value in table.items() if key not in _NO_SETTING}
    text = msgspec.json.encode([own, detectors], order="sorted")
    return Setting(str(table.get("instrument", "")), table.get("strategy") == DRILL, hashlib.sha256(text).hexdigest())


@lru_cache(maxsize=256)
def _table(text: str) -> Mapping[str, Any]:
    return tomllib.loads(text)
