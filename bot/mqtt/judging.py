"""Whether what came in as a command is one.

It is judged in this order, and the first thing that is wrong refuses it:

    too-large     more than 4 KiB; nothing of it is read
    retained      the broker kept it for whoever comes later: nobody says it now
    malformed     no JSON object of exactly these fields
    no-secret     this desk cannot read its own secret
    unsigned      the signature is missing or not right
    stale         its time is too far from ours
    replayed      its id was taken before
    unknown-verb  nothing that may be told by this way
    no-confirm    a flatten that does not say what it leaves
    no-reason     a resume that does not say why
    no-memory     the disk cannot keep that it was said: nothing is opened then
"""

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from bot.config.params import duration_text
from bot.domain.command import Command, Verb
from bot.errors import PaperpitError, UsageError
from bot.mqtt.seen import Seen
from bot.mqtt.signing import Said, is_signed, secret

BYTES_MAX = 4096
TOLD_MAX = 200
"""Characters of somebody else's that a refusal repeats."""
ALL = "all"
"""What a flatten of everything is confirmed with."""
VERBS: tuple[Verb, ...] = ("status", "pause", "resume", "cancel-entries", "flatten", "stop")
"""What may be told through the broker. Clearing the kill switch is not among it."""
UNKEPT = "publish it without retain; an empty retained message takes the kept one away"
OPENING: Verb = "resume"
"""The only one of them that opens something."""

_log = logging.getLogger("paperpit.mqtt")


class Refused(UsageError):
    """This is no command, and nothing was done."""

    def __init__(self, code: str, what: str, *, allowed: str = "", do: str = "") -> None:
        super().__init__(what, allowed=allowed, do=do)
        self.code = code


class Judge:
    """Judges for the desk at `place` (`<prefix>/<desk>`); `now_ns` is the wall's time.

    The secret's file is read for each command, so that another secret holds at once.
    """

    def __init__(self, place: str, secret_file: Path, max_age_ns: int, seen: Seen, now_ns: Callable[[], int]) -> None:
        self._place, self._file, self._max_age = place, secret_file, max_age_ns
        self._seen, self._now_ns = seen, now_ns

    def command(self, verb: str, payload: bytes, *, retained: bool) -> Command:
        """The command that was published under `…/cmd/<verb>`; its id is taken from now on. Waits for the disk.

        Raises Refused.
        """
        if len(payload) > BYTES_MAX:
            raise Refused("too-large", f"{len(payload)} bytes are no command", allowed=f"at most {BYTES_MAX} bytes")
        if retained:
            raise Refused("retained", "a command that the broker kept is not obeyed", do=UNKEPT)
        said = _read(payload)
        self._is_meant(said)
        command = _allowed(verb, said, self._place)
        self._keep(said)
        return command

    def _is_meant(self, said: Said) -> None:
        """Somebody who knows the secret says it, now, and for the first time."""
        if not is_signed(self._key(), self._place, said):
            do = "sign it with this desk's secret_file, over the lines of docs/mqtt-commands.md"
            raise Refused("unsigned", "the signature is missing or not right", do=do)
        now, most = self._now_ns(), duration_text(self._max_age)
        age = now - said.ts_ns
        if abs(age) > self._max_age:
            when = f"{abs(age) / 1e9:.1f} s {'old' if age > 0 else 'ahead of this desk'}"
            raise Refused("stale", f"it is {when}", allowed=f"ts_ns within {most} of now", do="compare the clocks")
        if not self._seen.take(said.id, now):
            raise Refused("replayed", f"{said.id} was taken before", allowed="an id of its own for each command")

    def _key(self) -> bytes:
        try:
            return secret(self._file)
        except PaperpitError as error:
            what = "this desk cannot read its secret: nobody is obeyed"
            raise Refused("no-secret", what, do="paperpit check, at the desk's own machine") from error

    def _keep(self, said: Said) -> None:
        """What closes something is done also where nobody could remember it: after a restart it would be done again."""
        try:
            self._seen.keep(said.id)
        except OSError as error:
            _log.warning("the memory of commands cannot be written: %s", error)
            if said.verb == OPENING:
                do = "paperpit resume, at the desk's own machine"
                raise Refused("no-memory", "the disk does not take that it was said", do=do) from error


def _read(payload: bytes) -> Said:
    try:
        return msgspec.json.decode(payload, type=Said)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        why = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in str(error)[:TOLD_MAX])
        fields = ", ".join(Said.__struct_fields__)
        raise Refused("malformed", f"this is no command: {why}", allowed=f"a JSON object of {fields}") from None


def _allowed(topic: str, said: Said, place: str) -> Command:
    """What it asks for, if that may be told here. The desk's own number of it is the sender's with desk and time."""
    if said.verb not in VERBS or said.verb != topic:
        what = "the topic names another verb" if said.verb in VERBS else f"{said.verb} is no command here"
        raise Refused("unknown-verb", what, allowed=", ".join(VERBS))
    wanted = said.instrument or ALL
    if said.verb == "flatten" and said.confirm != wanted:
        raise Refused("no-confirm", "this leaves positions at market", allowed=f'"confirm": "{wanted}"')
    if said.verb == "resume" and not said.reason.strip():
        raise Refused("no-reason", "why it may go on is not said", allowed='"reason": "TEXT"')
    return Command(
        verb=said.verb,
        nonce=f"{place}/{said.ts_ns}/{said.id}",
        ts=said.ts_ns,
        reason=said.reason,
        strategy=said.strategy,
        instrument=said.instrument,
        who=f"mqtt:{said.who}" if said.who else "mqtt",
    )
