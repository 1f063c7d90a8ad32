"""One replay in a process of its own: `python -P -m tests.bench.child FOLDER TAPE` prints its peak memory in MiB."""

import resource
import sys
from pathlib import Path

from tests.bench.whole import Replay

if __name__ == "__main__":
    Replay(Path(sys.argv[1]), Path(sys.argv[2])).run()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
