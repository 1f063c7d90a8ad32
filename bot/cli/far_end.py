"""What `doctor` cannot see from here alone: the adapter's far end, whether the journal takes a row, who is called."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

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

    return place(journal_url(load_bot(config, sets), sets) or default_url(replay=False))


def written_to(config: Path | None, sets: Sequence[str]) -> Finding:
    """Whether the journal that `run` would write takes a write now; a running desk's is left alone."""
    from bot.journal.maintenance import try_write

    try:
        said = try_write(journal_of(config, sets))
    except PaperpitError as error:
        return Finding("writable", "fail", f"{error.where}: {error.what}" if error.where else error.what, error.do)
    return Finding("writable", "ok", said)


def called_by(config: Path | None, sets: Sequence[str], *, really: bool) -> Finding:
    """Whether anybody is called when it matters; `really`: a test is sent. Raises ConfigError, InputMissing."""
    from bot.clock import WallClock
    from bot.config import read_bot
    from bot.notify import Sender, trial

    bot = read_bot(config, sets)
    notify = bot.value.notify
    if not notify.wanted:
        level: Literal["ok", "warn"] = "warn" if really else "ok"
        return Finding(
            "notify", level, "nobody is called when something is wrong", "set command or webhook in [notify]"
        )
    ways = " and ".join([*notify.command[:1], *(["a webhook"] if notify.webhook or notify.webhook_file else [])])
    if not really:
        return Finding("notify", "ok", f"a person is called by {ways}; paperpit doctor notify tries it")
    sent = asyncio.run(Sender.of(notify, bot.value.desk, bot.path.parent).send(trial(WallClock().now_ns())))
    if sent.why:
        return Finding("notify", "warn" if sent.arrived else "fail", sent.why, "see docs/notices.md, and try again")
    return Finding("notify", "ok", f"a test was sent by {ways}")
