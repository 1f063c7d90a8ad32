"""The journal: everything that happened and everything that was refused, in SQL, in order, by one writer."""

from bot.journal.opening import default_url, new_run_id, open_writer
from bot.journal.writer import Writer

__all__ = ["Writer", "default_url", "new_run_id", "open_writer"]
