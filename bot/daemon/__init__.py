"""The composition root: settings become parts, parts become a desk, in the one order of start and stop.

    asked.py     what the command line asked for, and what came of it
    opening.py   adapter opened → calendar, sessions, detectors: all that can refuse before a run is written
    recording.py what a live run keeps, so that it can be repeated
    making.py    strategies, their blackouts and hours, as a start and a reload make them
    building.py  strategies, gate, orders, agenda → the desk
    rereading.py the settings read once more, off the loop
    reloading.py other settings while a run lasts, swapped between two batches
    run.py       the order of start and stop of one run
    ending.py    what is done when a run has ended and may take minutes
    aside.py     long work in a thread, which can be given up
    stopping.py  the signals that end a process
    terminal.py  the terminal that it was started from, and its being closed
    waiting.py   what a person says while no run trades
    heart.py     a thread that sees when the process does not move any more, and starts it again
    beside.py    what stands beside the desk, and may fail without it
    company.py   who stands there, by the settings
    systemd.py   what a service manager is told of the desk
    shown.py     what they may ask of the desk
    calling.py   the one who calls a person: what it is shown
    daemon.py    one run after the other, and who answers for them

It is the only room that knows every other.
"""

from bot.daemon.asked import Asked, Outcome, Read
from bot.daemon.compiling import compile_for_a_wire
from bot.daemon.daemon import Daemon
from bot.daemon.run import Run

__all__ = ["Asked", "Daemon", "Outcome", "Read", "Run", "compile_for_a_wire"]
