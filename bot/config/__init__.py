"""The models of every TOML file, the loader and its errors."""

from bot.config.bot_file import BotFile
from bot.config.hours import load_hours
from bot.config.instrument_file import InstrumentFile
from bot.config.instruments import instrument_texts, products_of
from bot.config.loader import (
    Loaded,
    instrument,
    journal_url,
    load_bot,
    load_instruments,
    load_strategy,
    read_bot,
    read_strategy,
)
from bot.config.params import Params, clock_time, duration_ns, duration_text
from bot.config.reading import read_params
from bot.config.strategy_file import ManageSettings, StrategyFile

__all__ = [
    "BotFile",
    "InstrumentFile",
    "Loaded",
    "ManageSettings",
    "Params",
    "StrategyFile",
    "clock_time",
    "duration_ns",
    "duration_text",
    "instrument",
    "instrument_texts",
    "journal_url",
    "load_bot",
    "load_hours",
    "load_instruments",
    "load_strategy",
    "products_of",
    "read_bot",
    "read_params",
    "read_strategy",
]
