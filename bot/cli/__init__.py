"""The command line: one file per command group; nothing but parsing, calling, printing."""

from bot.cli.app import main

__all__ = ["main"]
