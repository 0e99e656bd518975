"""The command group. A command's module is imported when it is asked for, and imports the library when it runs."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, Final

import click

from cybrid_audit import __version__

COMMANDS: Final = ("scan", "audit", "hook", "baseline", "init", "explain", "why", "inventory")
"""The commands in the order of the help. Each is a module of this folder with a click command of the same name."""


class LazyGroup(click.Group):
    """A group whose commands are modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is asked for. Raises AuditError for a name that is nearly one."""
        if args and args[0] not in COMMANDS:
            from cybrid_audit.errors import AuditError, nearest

            near = nearest(args[0], COMMANDS)
            if near is not None:
                raise AuditError(
                    f"no such command {args[0]!r}", f"did you mean {near!r}? If not, run 'cybrid-audit --help'"
                )
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None when there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"cybrid_audit.cli.{cmd_name}"), cmd_name)
        return command


def _debug(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        os.environ["CYBRID_AUDIT_DEBUG"] = "1"


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="cybrid-audit", message="%(prog)s %(version)s")
@click.option(
    "--debug", is_flag=True, expose_value=False, callback=_debug, help="Show a traceback when the tool itself fails."
)
def app() -> None:
    """Audit code that integrates with the Cybrid Platform API against the platform's documented security controls.

    Nothing of the audited code is run, and nothing is sent anywhere.
    """
