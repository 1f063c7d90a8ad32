"""Imported once by the process that `tests/programs.py` forks programs off: everything that makes a start slow.

It must leave no thread and no open file behind that a fork would share.
"""

import tempfile
from pathlib import Path

import adapters.gateway.opening
import adapters.ib
import bot.cli.check
import bot.cli.control
import bot.cli.doctor
import bot.cli.mqtt
import bot.cli.run
import bot.cli.story
import bot.daemon.daemon
import bot.mqtt.asking
from adapters.ib.frames import Frames
from tests.laws.markets import drill, market
from tests.playing import play

READY = (adapters.gateway.opening, adapters.ib, bot.cli.check, bot.cli.control, bot.cli.doctor, bot.cli.run)
"""The rooms that a program needs."""

with tempfile.TemporaryDirectory() as _folder:
    # Loads every kernel that a drill needs.
    play(Path(_folder), market(1, rows=60), drill(Path(_folder)))
for _ in Frames().read(b"", 0):
    pass
