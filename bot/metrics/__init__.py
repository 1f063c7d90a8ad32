"""What Prometheus reads of a desk, and the answers to "are you well?" and "are you ready?".

    names.py       every metric by name: kind, labels, meaning
    of_status.py   values that follow from what a desk says of itself
    of_journal.py  values that are counted from the journal's rows, each once, by `seq`
    exposition.py  both together in Prometheus's words
    wellness.py    /healthz and /readyz
    answering.py   the port of a running desk: a thread that answers also while the loop stands still

Nothing calls this room from below: it reads the journal and `status`.
"""

from bot.metrics.answering import answer
from bot.metrics.exposition import CONTENT_TYPE, Exposition

__all__ = ["CONTENT_TYPE", "Exposition", "answer"]
