"""`totemc describe`: what may be published about data, and never a row of it."""

from __future__ import annotations

from pathlib import Path

import click

from totemlang.cli.group import Command
from totemlang.cli.options import files, named, read_bytes
from totemlang.cli.output import require_writable, write_file
from totemlang.cli.progress import waiting
from totemlang.cli.shell import Shell, speaks


@click.command(
    cls=Command,
    examples=(
        ("totemc describe readings.parquet", "a table for people"),
        ("totemc describe readings.parquet -o readings.json", "the document to publish"),
        ("totemc describe 'day_*.csv' --name readings --json", "several files, one data set"),
        ("totemc describe readings.parquet --policy policy.json", "without what is withheld"),
    ),
)
@click.argument("data", shell_complete=files)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="META.json",
    help="Where to write what may be published.",
)
@click.option("--name", metavar="NAME", help="The data set's name; else that of the file.")
@click.option(
    "--policy", type=click.Path(path_type=Path), metavar="POLICY.json", help="What may be said."
)
@speaks
def describe(
    shell: Shell, data: str, output: Path | None, name: str | None, policy: Path | None
) -> None:
    """Describe a Parquet, CSV or Arrow data set: schema, rows, distinct, ranges, missing."""
    from totemlang.data.describe import describe as describe_data
    from totemlang.data.file import open_data
    from totemlang.schema.metadata_json import metadata_to_json
    from totemlang.schema.policy import policy_from_json, with_policy

    if output is not None:
        require_writable(output)
    document, rules = None, None
    if policy is not None:
        document = read_bytes(policy)
        with named(policy):
            rules = policy_from_json(document)
    file = open_data(data)
    with waiting(shell, f"reading {file.name}"):
        known = describe_data(file, name or Path(file.name).stem.split(" ")[0], rules)
    published = metadata_to_json(known)
    if document is not None:
        published = with_policy(published, document)
    if output is not None:
        write_file(output, published.encode())
        shell.say(f"wrote {output}")
    if shell.as_json:
        click.echo(published, nl=False)
    elif output is None:
        from totemlang.cli.published import metadata_table

        shell.show(*metadata_table(known))
    for column, written_as in file.unreadable.items():
        shell.say(f"left out: column {column!r}, of a type that the language lacks ({written_as})")
