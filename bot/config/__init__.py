"""The models of every TOML file, the loader and its errors."""

from bot.config.files import BotFile, InstrumentFile, StrategyFile
from bot.config.params import Params, duration_ns, duration_text

__all__ = ["BotFile", "InstrumentFile", "Params", "StrategyFile", "duration_ns", "duration_text"]
