"""A day of the wall's time, as short as hours to the minute allow, with its edges, its reset and its next session."""

import shutil
import time
from pathlib import Path

PATIENCE_S = 600


def test_nothing_goes_wrong_on_a_day_at_the_gateway(day: Path) -> None:
    last = time.monotonic() + PATIENCE_S
    while not (day / "code").exists():
        assert time.monotonic() < last, (day / "said").read_text()
        time.sleep(0.2)
    code, said = (day / "code").read_text().strip(), (day / "said").read_text()
    shutil.rmtree(day)
    assert (code, said.split()[-1]) == ("0", "violations=0"), said
