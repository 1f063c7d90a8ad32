"""Hypothesis tries the same examples in every run, so that a run that fails fails again, also elsewhere.

`pytest --hypothesis-profile=explore` tries others, and remembers those that failed. `pytest -n 2 --dist loadfile` runs
the files in two processes, which share nothing but the compiled kernels and the hours of exchanges.
"""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from bot import kernel, log
from bot.resources import DATA

# How long an example takes says something about the machine, nothing about a law.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", UNHURRIED, derandomize=True)
settings.register_profile("explore", UNHURRIED, derandomize=False)
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """What several processes would all compile first, each for itself, is compiled before they start."""
    if config.getoption("numprocesses", None) and not kernel.compiled():
        subprocess.run([sys.executable, "-P", "-m", "tests.forked"], check=True)


@pytest.fixture(scope="session", autouse=True)
def data_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A desk of the usual name meets none of another process, and the checkout's journals stay what they are."""
    os.environ[DATA] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True)
def secrets_of_its_own() -> Iterator[None]:
    """What one test hides from all that is said, the next one may say."""
    before = log._hidden.copy()
    yield
    log._hidden.clear()
    log._hidden.update(before)
