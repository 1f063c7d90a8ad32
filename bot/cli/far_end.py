"""What `doctor` cannot see from here alone: the adapter's far end, and whether the journal takes a row."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.finding import Finding
from bot.errors import PaperpitError

if TYPE_CHECKING:
    from bot.journal.place import Place


def looked_at(config: Path | None, sets: Sequence[str]) -> list[Finding]:
    """Every finding of the adapter in force, which may be none. Nothing is ordered and nothing is written."""
    from bot import plugins
    from bot.cli.trading import read_settings
    from bot.config import Params, read_params
    from bot.daemon.asked import Asked
    from bot.daemon.opening import flow_of, needs_of
    from bot.domain.past import Past

    try:
        bot, specs = read_settings(config, sets, ())
        factory = plugins.find("adapters", bot.value.adapter, bot.path.parent)
        look = plugins.beside(factory, "doctor")
        if look is None:
            return [Finding("gateway", "ok", f"none is needed: the adapter is {bot.value.adapter}")]
        asked = Asked(bot, specs, "", "replay")
        table = bot.value.adapters.get(bot.value.adapter, {})
        params = read_params(plugins.params_of(factory) or Params, table, prefix=("adapters", bot.value.adapter))

        async def gathered() -> list[Finding]:
            return [finding async for finding in look(params, needs_of(asked, "doctor", flow_of(asked), Past()))]

        return asyncio.run(gathered())
    except PaperpitError as error:
        return [Finding("gateway", "fail", str(error).splitlines()[0], error.do or "paperpit check")]


def journal_of(config: Path | None, sets: Sequence[str]) -> "Place":
    """The journal that `run` would write. Raises ConfigError."""
    from bot.config import journal_url, load_bot
    from bot.journal.opening import default_url
    from bot.journal.place import place

    url = os.environ.get("PAPERPIT_JOURNAL") or journal_url(load_bot(config, sets))
    return place(url or default_url(replay=False))


def written_to(config: Path | None, sets: Sequence[str]) -> Finding:
    """Whether the journal that `run` would write takes a write now; a running desk's is left alone."""
    from bot.journal.maintenance import try_write

    try:
        said = try_write(journal_of(config, sets))
    except PaperpitError as error:
        return Finding("writable", "fail", f"{error.where}: {error.what}" if error.where else error.what, error.do)
    return Finding("writable", "ok", said)
