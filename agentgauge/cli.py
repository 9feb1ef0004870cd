"""The command line: one verb a module, loaded when it is called, so that a sidecar stays light."""

from __future__ import annotations

from importlib import import_module

import click

from agentgauge import __version__

# verb -> module below agentgauge.commands; the function in it has the verb's name with `_command`.
VERBS = ("init", "check", "export", "explain", "backfill", "generate", "test", "schema", "up")


class Verbs(click.Group):
    """A group whose commands are imported on demand, listed in the order of first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Name the verbs."""
        return list(VERBS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 (click's signature)
        cmd_name: str,
    ) -> click.Command | None:
        """Import a verb's module."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"agentgauge.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; name the nearest where there is none."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from spec.problems import nearest  # noqa: PLC0415 (only for the message)

            hint = nearest(args[0], VERBS)
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="agentgauge")
def main() -> None:
    """Watch a fleet of LLM agents, from one YAML file.

    `agentgauge export` runs beside the agents and turns their logs into Prometheus metrics.
    `agentgauge generate` turns the same file into dashboards, rules, routes and runbooks.
    `agentgauge up --demo` shows all of it on this machine.

    SPEC is agents.yaml in the working directory unless you name another file.
    """
