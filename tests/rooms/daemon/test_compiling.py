"""Before a wire is opened every kernel is ready: what the first ticks need must not be compiled while they come."""

import subprocess
import sys

SCRIPT = """
import gc
from numba.core.dispatcher import Dispatcher
from bot import plugins
from bot.config import instrument, read_bot, read_strategy
from bot.daemon.asked import Asked
from bot.daemon.compiling import compile_all
from bot.resources import shipped
from bot.sessions import days_of
from bot.signals.engine import build
from bot.tape import find_tape, open_tape
from bot.tape.clean import Cleaner

def ready():
    kernels = [one for one in gc.get_objects() if isinstance(one, Dispatcher)]
    return {(one.py_func.__module__, one.py_func.__name__, form) for one in kernels for form in one.signatures}

bot = read_bot(shipped("config/bot.toml"), ())
asked = Asked(bot, [read_strategy("es-open-absorption.toml", instruments=bot.path.parent)], "", "replay")
one = instrument("ES", folder=bot.path.parent)
with open_tape(find_tape("demo")) as tape:
    days = days_of(one, tape.facts.first_ns, tape.facts.last_ns)
    rows = tape.group(0)[:20_000].copy()
compile_all(asked)
before = ready()
engine = build(one, days, plugins.wishes(bot, [asked.loaded(asked.specs[0])], one))
engine.scan(Cleaner().clean(rows), 0)
print(sorted(ready() - before))
"""


def test_a_real_tape_needs_no_kernel_that_was_not_made_ready():
    done = subprocess.run([sys.executable, "-P", "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
