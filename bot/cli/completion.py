"""`paperpit completion SHELL`."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL: `eval "$(paperpit completion bash)"`."""
    from bot.cli.app import app

    maker = get_completion_class(shell)
    assert maker is not None
    click.echo(maker(app, {}, "paperpit", "_PAPERPIT_COMPLETE").source())
