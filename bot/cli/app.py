"""`paperpit`: the table of commands, loaded when asked for, and the one place where errors become exit codes."""

import difflib
import importlib
import io
import os
import signal
import sys

import click

from bot.errors import PaperpitError
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
    try:
        # click hands the code of `Context.exit` back as the result.
        result = app(prog_name="paperpit", standalone_mode=False)
        code = result if isinstance(result, int) else 0
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        click.echo(without_secrets(told.getvalue()), err=True, nl=False)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = 130
    except BrokenPipeError:
        # The reader (`head`) has gone; a second failure at interpreter exit would print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except PaperpitError as error:
        click.echo(without_secrets(f"error: {error}"), err=True)
        code = error.exit_code
    except Exception as bug:  # noqa: BLE001 - the last line of defence: report our bug, never a stack trace
        code = _report_bug(bug)
    sys.exit(code)


def _report_bug(bug: Exception) -> int:
    if os.environ.get("PAPERPIT_DEBUG"):
        import traceback

        click.echo(without_secrets("".join(traceback.format_exception(bug))), err=True, nl=False)
        return PaperpitError.exit_code
    told = f"error: this is a bug in paperpit ({type(bug).__name__}: {bug})"
    click.echo(without_secrets(told), err=True)
    click.echo(f"  do:      please report it with {kept(bug)}", err=True)
    return PaperpitError.exit_code
