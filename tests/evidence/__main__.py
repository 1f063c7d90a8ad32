"""`python -m tests.evidence null SEEDS=200 JOBS=2`: the rates of false finds."""

import sys

from tests.evidence.null import rates

if __name__ == "__main__":
    for line in rates(sys.argv[2:]):
        print(line)
