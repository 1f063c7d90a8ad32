"""What a command through the broker is signed with, and what exactly is signed.

The signature is HMAC-SHA256 (RFC 2104) in small hexadecimal digits, over these lines in UTF-8, each but the last one
followed by a line feed:

    paperpit-command-1
    <prefix>/<desk>
    id, ts_ns, verb, strategy, instrument, reason, confirm, who: one line each, empty where it is not given

None of them may hold a control character, so that two commands never have the same lines. The desk is among them: what
was signed for one desk is nothing to another that shares its secret.
"""

import hashlib
import hmac
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from bot.config.secrets import read_secret
from bot.errors import ConfigError

SECRET_MIN = 16
"""Bytes that a secret must have."""
FIRST_LINE = "paperpit-command-1"

Line = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f]{0,200}\Z")]


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A command on its way: the JSON object that is published, field by field."""

    v: Literal[1]
    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{8,64}\Z")]
    """Chosen by whoever sends it, never twice."""
    ts_ns: Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
    """When it was signed, ns UTC."""
    verb: Annotated[str, msgspec.Meta(pattern=r"^[a-z-]{1,20}\Z")]
    strategy: Line = ""
    instrument: Line = ""
    reason: Line = ""
    confirm: Line = ""
    """What `flatten` leaves: the instrument, or `all`."""
    who: Line = ""
    """Who says it, for the journal."""
    sig: Annotated[str, msgspec.Meta(max_length=128)] = ""


def secret(path: Path) -> bytes:
    """The secret of a file: its first line. Raises InputMissing, or ConfigError for one that cannot be used."""
    try:
        found = read_secret(path).encode()
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"the secret's file {path} cannot be read: {error}", do=f"chmod 600 {path}") from error
    if len(found) < SECRET_MIN:
        raise ConfigError(
            f"the secret in {path} has {len(found)} bytes: too few to sign with",
            allowed=f"{SECRET_MIN} or more",
            do=f"umask 077 && openssl rand -hex 32 > {path}",
        )
    return found


def signed_lines(place: str, said: Said) -> bytes:
    """What is signed: `place` is `<prefix>/<desk>`."""
    words = (said.id, str(said.ts_ns), said.verb, said.strategy, said.instrument, said.reason, said.confirm, said.who)
    return "\n".join((FIRST_LINE, place, *words)).encode()


def signature(key: bytes, place: str, said: Said) -> str:
    """The signature of a command for the desk at `place`."""
    return hmac.new(key, signed_lines(place, said), hashlib.sha256).hexdigest()


def signed(key: bytes, place: str, said: Said) -> Said:
    """The same command with its signature."""
    return msgspec.structs.replace(said, sig=signature(key, place, said))


def is_signed(key: bytes, place: str, said: Said) -> bool:
    """Whether the signature is right; told in constant time."""
    return hmac.compare_digest(signature(key, place, said).encode(), said.sig.encode())
