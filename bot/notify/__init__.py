"""Calling a person: what lasts and must not, what the day came to, each said once, never too often, never lost.

    notice.py    what is said, and the troubles that are told apart
    seeing.py    troubles of the desk's own status and of the journal's newest rows
    due.py       which notices are due: one a cause, again while it lasts, over once, so many an hour
    sending.py   a program or a webhook that gets them
    caller.py    looks every few seconds, remembers in a file, sends

It never reaches the desk: what cannot be sent is kept and tried again, and `status` says so.
"""

from bot.notify.caller import Caller, Looking
from bot.notify.notice import Notice, trial
from bot.notify.seeing import Look
from bot.notify.sending import Sender

__all__ = ["Caller", "Look", "Looking", "Notice", "Sender", "trial"]
