"""The shortened day begins when the tests have been collected and goes on beside them: most of it is waiting.

Of several processes that share the tests one starts it; whichever has its test looks at what came of it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

LOOKS = Path(__file__).with_name("test_real_day.py")
SHORTEST, PATIENT = "HOURS=0", "LATE=15"
"""A machine that tests stands still for seconds at times."""
DAY = pytest.StashKey[Path]()
_RUN = '"$0" -P -m tests.realday "$2" "$3" > "$1/said" 2>&1; echo $? > "$1/part" && mv "$1/part" "$1/code"'


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Look at it when all else is done."""
    items.sort(key=_looks)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin, where somebody will look at it."""
    if session.config.option.collectonly or not any(map(_looks, session.items)):
        return
    shared = getattr(session.config, "workerinput", {}).get("testrunuid", os.getpid())
    folder = session.config.stash[DAY] = Path(tempfile.gettempdir()) / f"paperpit-realday-of-{shared}"
    try:
        folder.mkdir()
    except FileExistsError:
        return
    subprocess.Popen(["/bin/sh", "-c", _RUN, sys.executable, folder, SHORTEST, PATIENT], start_new_session=True)


@pytest.fixture
def day(request: pytest.FixtureRequest) -> Path:
    """Where it says what came of it: `said`, and `code` when it is over."""
    return request.config.stash[DAY]


def _looks(item: pytest.Item) -> bool:
    return item.path == LOOKS
