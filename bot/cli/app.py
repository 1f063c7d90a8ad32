"""`paperpit`: the table of commands, loaded when asked for, and the one place where errors become exit codes."""

import difflib
import errno
import importlib
import io
import os
import signal
import sys
from pathlib import Path

import click

from bot.errors import InputMissing, PaperpitError, UsageError
from bot.log import kept, without_secrets

# name → (module:attribute, one line of help). A command's module is imported only when it runs.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("bot.cli.run:run", "Start the desk: adapter, signals, gate, brackets, journal."),
    "replay": ("bot.cli.replay:replay", "Replay a tape through the desk as fast as it goes."),
    "status": ("bot.cli.control:status", "What the running desk is doing, and why it does not trade."),
    "pause": ("bot.cli.control:pause", "Close entries: all, a strategy's, an instrument's."),
    "resume": ("bot.cli.control:resume", "Open them again, with a reason."),
    "reload": ("bot.cli.control:reload", "Read the settings again, and go on with them where all of them pass."),
    "cancel-entries": ("bot.cli.control:cancel_entries", "Cancel the entries that are working."),
    "flatten": ("bot.cli.control:flatten", "Leave every position at market, and set the kill switch."),
    "stop": ("bot.cli.control:stop", "End the running desk in order; positions stay under their stops."),
    "check": ("bot.cli.check:check", "Lint a whole configuration without a broker."),
    "mqtt": ("bot.cli.mqtt:mqtt", "Tell the desk the same through the message broker: send."),
    "doctor": ("bot.cli.doctor:doctor", "Look at this set-up; say what is wrong and what to do."),
    "init": ("bot.cli.init:init", "Write a commented bot.toml, a strategy and a token file."),
    "tape": ("bot.cli.tape:tape", "Tapes: info, import, export, check, cut, synth, list."),
    "gateway": ("bot.cli.gateway:gateway", "Stand in for IB Gateway: its protocol, a market, a paper account."),
    "score": ("bot.cli.score:score", "Hold what the detectors see of a tape against its labels."),
    "sweep": ("bot.cli.sweep:sweep", "Try many settings of a strategy on tapes, and say what that proves."),
    "calendar": ("bot.cli.calendar:calendar", "Event calendar: list, next, check, import."),
    "journal": (
        "bot.cli.journal:journal",
        "Review: report, stats, runs, round-trips, fills, signals, blocked, orders, explain, diff.",
    ),
    "model": ("bot.cli.model:model", "A model that may turn a strategy's proposals down: train, show, reset."),
    "serve": ("bot.cli.serve:serve", "Show the journal in a browser, live while the desk writes it."),
    "db": ("bot.cli.db:db", "The journal's schema: upgrade, downgrade, current, check."),
    "adapters": ("bot.cli.plugins:adapters", "List broker adapters and their parameters."),
    "strategies": ("bot.cli.plugins:strategies", "List strategies and their parameters; write a new one."),
    "completion": ("bot.cli.completion:completion", "Print shell completion for bash, zsh or fish."),
}


REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}
"""What the machine says of a file that is not to be had: nobody's bug."""


class Commands(click.Group):
    """A group that imports a command's module only when that command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean '{near[0]}'?" if near else " See 'paperpit --help'."
            raise click.UsageError(f"No such command '{args[0]}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="paperpit", prog_name="paperpit")
def app() -> None:
    """Paper-trading for people who read order flow. Paper accounts only: no switch turns it live."""


def _terminated(signum: int, frame: object) -> None:
    raise SystemExit(128 + signum)


def main() -> None:
    """Entry point of `paperpit`. People get one clear error, programs an exit code, nobody a stack trace."""
    signal.signal(signal.SIGTERM, _terminated)
    _open_streams()
    out = sys.stdout
    try:
        _refuse_unreadable([*sys.argv[1:], *_here()])
        # click hands the code of `Context.exit` back as the result.
        result = app(prog_name="paperpit", standalone_mode=False)
        code = result if isinstance(result, int) else 0
        sys.stdout.flush()  # here, where a failure has a name, and not at the interpreter's end
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        click.echo(without_secrets(told.getvalue()), err=True, nl=False)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = 130
    except BrokenPipeError:
        code = _unread(0)
    except SystemExit as leaving:
        # rich and click call it a failure that the reader has gone; click puts another stream there.
        if sys.stdout is out and not isinstance(leaving.__context__, BrokenPipeError):
            raise
        code = _unread(0)
    except PaperpitError as error:
        click.echo(without_secrets(f"error: {error}"), err=True)
        code = error.exit_code
    except OSError as error:
        code = _file_fails(error)
    except Exception as bug:  # noqa: BLE001 - the last line of defence: report our bug, never a stack trace
        code = _report_bug(bug)
    sys.exit(code)


def _open_streams() -> None:
    """A standard stream that was closed leads nowhere, and its number is that of no file of ours."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def _unread(code: int) -> int:
    """The reader (`head`) has gone: what is still to be written at the interpreter's end would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return code


def _file_fails(error: OSError) -> int:
    """The exit code where the machine refuses a file: a full disk, no permission, a name that it cannot have."""
    if error.errno == errno.ENOSPC and error.filename is None:
        click.echo("error: standard output cannot be written: no space is left there", err=True)
        click.echo("  do:      make room, or let it be written elsewhere", err=True)
        return _unread(UsageError.exit_code)
    if error.errno in REFUSED and error.filename is not None:
        click.echo(without_secrets(f"error: {error.filename}: {error.strerror}"), err=True)
        click.echo("  do:      name another file, or let this one be opened", err=True)
        return InputMissing.exit_code
    return _report_bug(error)


def _here() -> list[str]:
    """The current folder; nothing where it was deleted."""
    try:
        return [str(Path.cwd())]
    except FileNotFoundError:
        return []


def _refuse_unreadable(words: list[str]) -> None:
    """No journal, no JSON and no message can hold a name that is no text. Raises UsageError."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            encoding = sys.getfilesystemencoding()
            raise UsageError(
                f"{os.fsencode(word)!r} is no text in this terminal's encoding, {encoding}",
                do="rename it in UTF-8" if encoding == "utf-8" else "export LC_ALL=C.UTF-8",
            ) from None


def _report_bug(bug: Exception) -> int:
    if os.environ.get("PAPERPIT_DEBUG"):
        import traceback

        click.echo(without_secrets("".join(traceback.format_exception(bug))), err=True, nl=False)
        return PaperpitError.exit_code
    told = f"error: this is a bug in paperpit ({type(bug).__name__}: {bug})"
    click.echo(without_secrets(told), err=True)
    click.echo(f"  do:      please report it with {kept(bug)}", err=True)
    return PaperpitError.exit_code
