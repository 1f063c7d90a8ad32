"""Ready means: some strategy would trade, were it not for the hour and the news."""

from typing import Any

import pytest

from bot.metrics.of_status import is_ready

HOURS, NEWS, PAUSE, LINK = ("hours", ""), ("blackout", "b"), ("pause", "a"), ("link", "")


def status(state: str, *causes: tuple[str, str], strategies: str = "ab") -> dict[str, Any]:
    told = [{"rule": rule, "strategy": strategy} for rule, strategy in causes]
    return {"state": state, "causes": told, "strategies": [{"name": name} for name in strategies]}


@pytest.mark.parametrize(
    ("told", "ready"),
    [
        pytest.param(status("trading"), True, id="it trades"),
        pytest.param(status("closed", HOURS), True, id="it waits for its hours"),
        pytest.param(status("blackout", HOURS, NEWS), True, id="news is near"),
        pytest.param(status("trading", PAUSE), True, id="one of two strategies is paused"),
        pytest.param(status("paused", PAUSE, ("pause", "b")), False, id="both are"),
        pytest.param(status("closed", HOURS, LINK), False, id="no link, in the night"),
        pytest.param(status("closed", strategies=""), True, id="between two runs"),
        pytest.param(status("held", strategies=""), False, id="nobody sits at the desk"),
        pytest.param(status("starting", strategies=""), False, id="the market is being opened"),
        pytest.param(status("stopping"), False, id="it stops"),
    ],
)
def test_ready(told: dict[str, Any], ready: bool) -> None:
    assert is_ready(told) is ready
