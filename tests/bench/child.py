"""One replay in a process of its own: `python -P -m tests.bench.child FOLDER TAPE` prints its peak memory in MiB."""

import re
import sys
from pathlib import Path

from tests.bench.whole import Replay

if __name__ == "__main__":
    Replay(Path(sys.argv[1]), Path(sys.argv[2])).run()
    # Not getrusage: its peak begins with that of the process which started this one.
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    print(int(found[1]) / 1024)
