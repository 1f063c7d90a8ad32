"""The settings of a run, read once more from the very texts that it was made of."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bot.config import BotFile, StrategyFile, read_bot, read_strategy
from bot.errors import ConfigError, InputMissing, PaperpitError
from bot.journal.first_rows import BOT, STRATEGIES

Texts = Mapping[str, str]
"""Name of a text → the text, as `run.config` has them."""


def bot_of(texts: Texts) -> BotFile:
    """Its bot.toml. Raises ConfigError where this program cannot read it any more."""
    return read_bot(Path(BOT), text=texts.get(BOT, "")).value


def strategies_of(texts: Texts, unread: Callable[[str, PaperpitError], None]) -> Iterator[StrategyFile]:
    """Its strategies, also those that were not enabled; `unread` is told of one that cannot be read any more."""
    for name, text in texts.items():
        if not name.startswith(STRATEGIES):
            continue
        try:
            yield read_strategy(Path(name.removeprefix(STRATEGIES)), text=text).value
        except (ConfigError, InputMissing) as error:
            unread(name, error)
