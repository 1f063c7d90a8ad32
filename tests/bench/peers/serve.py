"""How a peer is measured: it loads the tape, says what it is, and runs one round for each line that it is sent.

Rounds of several engines can so be interleaved. Imports nothing of paperpit: it runs in the peers' own environment.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

Counts = dict[str, int]


def serve(about: dict[str, Any], ready: Callable[[], Callable[[], Counts]]) -> None:
    """Answer each line of standard input with one round: `ready()` prepares it untimed and gives what is timed."""
    print(json.dumps(about), flush=True)
    for _ in sys.stdin:
        timed = ready()
        start = time.perf_counter()
        counts = timed()
        print(json.dumps({"seconds": time.perf_counter() - start, **counts}), flush=True)
