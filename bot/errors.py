"""Every way in which paperpit refuses, one class per reaction.

    PaperpitError            our bug unless a subclass says otherwise   exit 70
    ├── UsageError           the command line contradicts itself        exit 2
    ├── DataDamaged          a tape or calendar cannot be read          exit 65
    ├── InputMissing         a file, run or row is not there            exit 66
    ├── Unreachable          broker or database does not answer         exit 69
    ├── Locked               somebody else owns the journal or account  exit 75
    ├── NotPaper             the account is not provably paper          exit 77
    └── ConfigError          a setting is wrong (all faults at once)    exit 78

Source: exit codes of the command-line contract (BSD sysexits).
"""

from dataclasses import dataclass


class PaperpitError(Exception):
    """An error that a person can act on: what is wrong, where, what is allowed, what to do."""

    exit_code = 70

    def __init__(self, what: str, *, where: str = "", allowed: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.allowed, self.do = what, where, allowed, do

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.allowed:
            lines.append(f"  allowed: {self.allowed}")
        if self.do:
            lines.append(f"  do:      {self.do}")
        return "\n".join(lines)


class UsageError(PaperpitError):
    """The command line contradicts itself or lacks something."""

    exit_code = 2


class DataDamaged(PaperpitError):
    """A tape or calendar exists but cannot be used."""

    exit_code = 65


class InputMissing(PaperpitError):
    """A file, a run or a row that was asked for is not there."""

    exit_code = 66


class Unreachable(PaperpitError):
    """The broker or the database does not answer."""

    exit_code = 69


class Locked(PaperpitError):
    """Another process owns the journal, the account or the desk."""

    exit_code = 75


class NotPaper(PaperpitError):
    """The account is not provably a paper account; nothing was sent."""

    exit_code = 77


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a configuration file."""

    file: str
    line: int | None
    key: str
    message: str
    level: str = "error"  # "error" or "warning"
    allowed: str = ""
    do: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = f"{self.key}: " if self.key else ""
        lines = [f"{place}: {key}{self.message}"]
        if self.allowed:
            lines.append(f"  allowed: {self.allowed}")
        if self.do:
            lines.append(f"  do:      {self.do}")
        return "\n".join(lines)


class ConfigError(PaperpitError):
    """One or many settings are wrong; `faults` lists all of them."""

    exit_code = 78

    def __init__(self, what: str, *, where: str = "", allowed: str = "", do: str = "", faults: tuple[Fault, ...] = ()):
        super().__init__(what, where=where, allowed=allowed, do=do)
        self.faults = faults

    @classmethod
    def of(cls, faults: tuple[Fault, ...]) -> "ConfigError":
        """All faults as one error."""
        return cls("\n".join(str(fault) for fault in faults), faults=faults)
