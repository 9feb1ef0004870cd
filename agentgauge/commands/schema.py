"""`agentgauge schema`: the JSON Schema, for editors."""

from __future__ import annotations

import click

from spec.schema import schema_text


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of the spec.

    Editors complete and check as you type when the spec's first line names it:

    \b
      # yaml-language-server: $schema=schema.json
    """  # noqa: D301 (click takes the \b of a docstring that is not raw)
    click.echo(schema_text(), nl=False)
