"""A start after a crash: until somebody protects a position again, nothing is loaded that only other commands need.

Nor what stands beside the desk where the settings do not name it.
"""

import subprocess
import sys
from pathlib import Path

from tests.rooms.journal.build import Told, writer

SCRIPT = """
import sys
import adapters.ib
import bot.cli.run
from bot import plugins
from bot.cli.story import tell_of_earlier
from bot.daemon import Run
from bot.journal.fold import fold
from bot.journal.integrity import refuse_damaged
from bot.journal.place import place

plugins.find("adapters", "ib")
tell_of_earlier(sys.argv[1])
refuse_damaged(place(sys.argv[1]))
assert fold(sys.argv[1], account="DU1").brackets
others = {"alembic", "apscheduler", "icalendar", "pandas", "sqlalchemy", "tomlkit"}
beside = {"aiomqtt", "prometheus_client", "bot.metrics", "bot.mqtt", "bot.notify"}
print(*sorted((others | beside) & set(sys.modules)))
"""


def test_a_start_after_a_crash_loads_no_library_that_only_other_commands_need(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/journal.db"
    with writer(url, durability="power", account="DU1") as journal:
        Told(journal).bracket(0)
        journal.commit()

    done = subprocess.run([sys.executable, "-P", "-c", SCRIPT, url], capture_output=True, text=True, check=True)

    assert "was cut off" in done.stderr
    assert done.stdout.split() == []
