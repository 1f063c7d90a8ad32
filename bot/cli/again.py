"""`replay --run`: a recorded run once more, from what its journal kept, and what came out differently."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import DataDamaged, InputMissing, UsageError

if TYPE_CHECKING:
    from bot.config import BotFile, Loaded
    from bot.daemon import Asked
    from bot.journal.place import Place
    from bot.journal.reading import RunInfo


def recorded(wanted: str, journal: str | None, sets: Sequence[str], write_to: str | None) -> "tuple[Asked, Place, str]":
    """What a recorded run was asked for, with the journal and id that it was found by.

    `wanted` is an id, `last` or `yesterday`. A market that was made while it was read is made again, as fast as it
    goes. Raises InputMissing for an unknown run or a tape that is gone, DataDamaged for a tape that is not the one it
    replayed, UsageError for a made market that had no end.
    """
    from bot.config import read_bot, read_strategy
    from bot.daemon import BOT, CALENDAR, STRATEGIES, Asked
    from bot.journal import default_url, rows
    from bot.journal.choice import choose
    from bot.journal.reading import reading
    from bot.risk.calendar import EventCalendar
    from bot.warm import NONE, RECORDED, Wanted, folder

    where, named, _ = choose(journal)
    with reading(where) as reader:
        info = _yesterday(reader.runs) if wanted == "yesterday" else reader.choose(named or wanted)[0]
        (row,) = reader.where(rows.Run, "run", info.run)
    texts: Mapping[str, str] = json.loads(row.config)
    told = json.loads(row.tapes)
    tapes = [tape for tape in told if tape["hash"]]
    _same_tapes(tapes)
    fills = "ib-paper" if row.adapter == "ib" else row.fill_model
    flags = [f"replay.fill_model={fills}"] if fills != row.fill_model else []
    if any(tape["last_ns"] is None for tape in told) and not any(".hours=" in one for one in sets):
        raise UsageError(
            f"run {info.run} had no end of its own: it went on until it was stopped",
            do=f"paperpit replay --run {info.run} --set adapters.{row.adapter}.hours=1",
        )
    bot = _made_again(read_bot(Path(BOT), [*flags, *sets], text=texts[BOT]), told)
    specs = [
        read_strategy(Path(name.removeprefix(STRATEGIES)), text=text)
        for name, text in texts.items()
        if name.startswith(STRATEGIES)
    ]
    calendar = EventCalendar.parse(texts[CALENDAR], row.calendar.split()[0])
    names = [str(tape["name"]) for tape in tapes]
    asked = Asked(
        bot,
        specs,
        write_to or default_url(replay=True),
        "replay",
        names,
        calendar=calendar,
        warm=Wanted(f"{RECORDED}{row.warm}" if row.warm else NONE, lies=folder(where.url)),
    )
    return asked, where, info.run


def differences(found_in: "Place", run: str, url: str, other: str) -> list[dict[str, Any]]:
    """What a run and its repetition did differently."""
    from bot.journal.diff import differences as compare
    from bot.journal.place import place
    from bot.journal.reading import reading

    with reading(found_in) as reader_a, reading(place(url)) as reader_b:
        return compare(reader_a, reader_a.choose(run)[0], reader_b, reader_b.choose(other)[0])


def _made_again(bot: "Loaded[BotFile]", tapes: Sequence[Mapping[str, Any]]) -> "Loaded[BotFile]":
    """What a made market needs to be the same one; not through the settings' text, which must not differ."""
    own: dict[str, Any] = {}
    for tape in tapes:
        own |= tape.get("again", {})
    if not own:
        return bot
    tables = {**bot.value.adapters, bot.value.adapter: {**bot.value.adapters.get(bot.value.adapter, {}), **own}}
    return replace(bot, value=bot.value.model_copy(update={"adapters": tables}))


def _same_tapes(tapes: Sequence[Mapping[str, Any]]) -> None:
    from bot.tape import find_tape, open_tape

    for tape in tapes:
        with open_tape(find_tape(str(tape["name"]))) as reader:
            if reader.facts.hash != tape["hash"]:
                raise DataDamaged(
                    "is not the tape that the run replayed: its content hash differs",
                    where=str(tape["name"]),
                    do="put the old tape back, or replay this one without --run",
                )


def _yesterday(runs: "Sequence[RunInfo]") -> "RunInfo":
    """The newest run that was started before today, New York: after a weekend that is Friday's."""
    from bot.cli.output import NEW_YORK
    from bot.clock import WallClock

    today = datetime.fromtimestamp(WallClock().now_ns() // 1_000_000_000, NEW_YORK).date()
    found = [run for run in runs if datetime.fromtimestamp(run.started_ns // 1_000_000_000, NEW_YORK).date() < today]
    if not found:
        raise InputMissing("there is no run of a day before today", do="paperpit journal runs")
    return max(found, key=lambda run: run.started_ns)
