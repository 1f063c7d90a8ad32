"""`python -m tests.evidence` makes docs/evidence.md anew.

`python -m tests.evidence null` prints how often it errs, `python -m tests.evidence maker` what a market maker lives on.
"""

import sys

from tests.evidence.maker import table
from tests.evidence.null import rates
from tests.evidence.report import PAGE, Size, rewritten

if __name__ == "__main__":
    first, *more = [*sys.argv[1:], ""]
    if first in ("null", "maker"):
        for line in (rates if first == "null" else table)([word for word in more if word]):
            print(line)
    else:
        PAGE.write_text(rewritten(PAGE.read_text(), Size.of([word for word in sys.argv[1:] if "=" in word])))
