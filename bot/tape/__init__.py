"""The tape: recorded ticks of one contract in a Parquet file of integer columns."""

from bot.tape.facts import TapeFacts
from bot.tape.find import find_tape, tapes_folder
from bot.tape.reader import TapeReader, open_tape
from bot.tape.writer import TapeWriter

__all__ = ["TapeFacts", "TapeReader", "TapeWriter", "find_tape", "open_tape", "tapes_folder"]
