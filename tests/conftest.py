"""Hypothesis tries the same examples in every run, so that a run that fails fails again, also elsewhere.

`pytest --hypothesis-profile=explore` tries others, and remembers those that failed.
"""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from bot import log

settings.register_profile("same", derandomize=True)
settings.register_profile("explore", derandomize=False)
settings.load_profile("same")


@pytest.fixture(autouse=True)
def secrets_of_its_own() -> Iterator[None]:
    """What one test hides from all that is said, the next one may say."""
    before = log._hidden.copy()
    yield
    log._hidden.clear()
    log._hidden.update(before)
