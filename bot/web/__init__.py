"""The journal in a browser: pages that are made on the server, live by server-sent events, never in the order path."""

from bot.web.serving import serve

__all__ = ["serve"]
