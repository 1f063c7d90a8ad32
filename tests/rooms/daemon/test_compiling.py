"""Before a wire is opened every kernel is ready: what the first ticks need must not be compiled while they come."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from bot.config import read_bot, read_strategy
from bot.daemon import Asked, compile_for_a_wire
from bot.kernel import all_compiled
from bot.resources import shipped

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
engine.go_on_with(engine.roster)
print(sorted(ready() - before))
"""


def test_a_real_tape_needs_no_kernel_that_was_not_made_ready():
    done = subprocess.run([sys.executable, "-P", "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_compiling_before_the_wire_is_opened_is_done_once_and_never_for_a_tape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Later starts have only to load what they need, which can wait until every position is looked after."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    for adapter, noted in (("replay", False), ("ib", True)):
        bot = read_bot(shipped("config/bot.toml"), [f"adapter={adapter}"])
        specs = [read_strategy("drill-es.toml", instruments=bot.path.parent)]
        compile_for_a_wire(Asked(bot, specs, "", "power"))
        assert all_compiled() == noted


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_first_start_that_compiles_can_be_interrupted(tmp_path: Path, number: signal.Signals, code: int):
    """Compiling takes half a minute: nobody waits for its end to get the prompt back."""
    words = ["run", "--set", "adapter=ib", "--strategy", "drill-es.toml", "--journal", f"sqlite:///{tmp_path}/j.db"]
    with subprocess.Popen(
        [Path(sys.executable).with_name("paperpit"), *words, "--desk", f"compiling-{number}"],
        env={**os.environ, "PAPERPIT_KERNEL_CACHE": str(tmp_path / "kernels")},
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stderr is not None
        assert "compiling the detectors" in run.stderr.readline()
        run.send_signal(number)
        said = run.stderr.read()
        assert run.wait(60) == code
    assert "Traceback" not in said
