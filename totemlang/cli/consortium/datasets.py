"""`totem dataset`: what providers publish of their data, and never a row of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from totemlang.cli.consortium.folders import (
    acting,
    as_member,
    identity_option,
    ledger_option,
    need_path,
    open_ledger,
)
from totemlang.cli.consortium.holdings import note_holding
from totemlang.cli.consortium.shown import counted, facts, lines, listed, state, when
from totemlang.cli.consortium.spelling import dataset_name, own_dataset_name
from totemlang.cli.group import Command, Group
from totemlang.cli.options import files, named, read_text
from totemlang.cli.output import require_writable, write_file
from totemlang.cli.progress import waiting
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.ledger.client import Dataset, Ledger


@click.group(cls=Group)
def dataset() -> None:
    """Publish data sets and find them: schema, sizes, ranges, policy.

    The data stays with its provider; what is published is what a quote is made of.
    """


@dataset.command(
    cls=Command,
    examples=(
        ("totem dataset publish meters 'meters_*.parquet' --as nora", "described as it is"),
        (
            "totem dataset publish meters m.parquet --policy policy.json --as nora",
            "under a policy: what it withholds is not said",
        ),
        (
            "totem dataset publish meters --metadata meters.json --as nora",
            "as `totemc describe` wrote it",
        ),
    ),
)
@click.argument("name", type=own_dataset_name, metavar="NAME")
@click.argument("data", required=False, shell_complete=files)
@click.option("--about", default="", metavar="TEXT", help="What it is, for those who look for it.")
@click.option(
    "--policy", type=click.Path(path_type=Path), metavar="POLICY.json", help="What it allows."
)
@click.option(
    "--metadata",
    type=click.Path(path_type=Path),
    metavar="META.json",
    help="Its description, instead of DATA.",
)
@identity_option
@ledger_option
@speaks
def publish(
    shell: Shell,
    name: str,
    data: str | None,
    about: str,
    policy: Path | None,
    metadata: Path | None,
    identity: Path | None,
    path: Path | None,
) -> None:
    """Publish a data set as NAME of one's organisation, or a new version of it.

    Where DATA stands is noted in the member's folder, for `totem provider serve`.
    """
    if (data is None) == (metadata is None):
        raise click.UsageError("give DATA, which is described, or --metadata META.json")
    rules = None
    if policy is not None:
        from totemlang.schema.policy import policy_from_json

        rules = read_text(policy)
        with named(policy):
            policy_from_json(rules)
    if metadata is not None:
        described = read_text(metadata)
    else:
        with waiting(shell, f"describing {data}"):
            described = _described(str(data), name, rules)
    found = open_ledger(path, identity).dataset_publish(name, about or name, described, rules)
    if data is not None:
        note_holding(acting(need_path(path), identity), name, data)
    if shell.as_json:
        shell.document(found.to_json())
        return
    again = "" if found.versions == 1 else f", version {found.versions}"
    shell.show(f"{found.dataset} is published{again}, billed {found.billing}")
    shell.say(f"consumers ask for it: totem request open {found.dataset} --purpose …")


@dataset.command("list", cls=Command, examples=(("totem dataset list --as ada", "the catalogue"),))
@as_member
@speaks
def list_(shell: Shell, ledger: Ledger) -> None:
    """List what is published."""
    from totemlang.ledger.client import every

    found = list(every(ledger.catalogue))
    if shell.as_json:
        shell.document({"datasets": [each.to_json() for each in found]})
        return
    rows = [
        (each.dataset, each.billing, each.about, each.provider, when(each.changed))
        for each in found
    ]
    if rows:
        shell.show(listed(("data set", "billing", "about", "provider", "changed"), rows, "lllll"))
    shell.show(counted(len(found), "data set"))


@dataset.command(
    cls=Command,
    examples=(
        ("totem dataset show north/meters --as ada", "columns, sizes, ranges, policy"),
        (
            "totem dataset show north/meters -o meters.json --as ada",
            "for `totemc estimate FILE --data meters.json`",
        ),
    ),
)
@click.argument("name", type=dataset_name, metavar="ORGANISATION/NAME")
@click.option("--version", metavar="HASH", help="As an earlier job saw it.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="META.json",
    help="Where to write what is published, for `totemc`.",
)
@as_member
@speaks
def show(shell: Shell, name: str, version: str | None, output: Path | None, ledger: Ledger) -> None:
    """Show a data set: its metadata and its policy."""
    if output is not None:
        require_writable(output)
    found = ledger.dataset_show(name, version)
    if output is not None:
        write_file(output, (found.metadata or "").encode())
        shell.say(f"wrote {output}")
    if shell.as_json:
        shell.document(found.to_json())
    elif output is None:
        _show(shell, found)


@dataset.command(
    cls=Command, examples=(("totem dataset withdraw north/meters --as nora", "no new jobs"),)
)
@click.argument("name", type=dataset_name, metavar="ORGANISATION/NAME")
@as_member
@speaks
def withdraw(shell: Shell, name: str, ledger: Ledger) -> None:
    """Take a data set out of the catalogue. Accepted jobs go on; publishing brings it back."""
    found = ledger.dataset_withdraw(name)
    if shell.as_json:
        shell.document(found.to_json())
    else:
        shell.show(f"{found.dataset} is withdrawn: no new requests and jobs")


def _described(data: str, name: str, policy: str | None) -> str:
    from totemlang.data.describe import describe
    from totemlang.data.file import open_data
    from totemlang.schema.metadata_json import metadata_to_json
    from totemlang.schema.policy import policy_from_json

    rules = policy_from_json(policy) if policy is not None else None
    return metadata_to_json(describe(open_data(data), name, rules))


def _show(shell: Shell, found: Dataset) -> None:
    from totemlang.cli.published import metadata_table
    from totemlang.schema.metadata_json import metadata_from_json

    shell.show(
        facts(
            (
                ("data set", found.dataset),
                ("about", found.about),
                ("provider", found.provider),
                ("state", state(found.state)),
                ("billing", found.billing),
                ("version", f"{found.versions} of {when(found.changed)}, {found.version}"),
            )
        ),
        "",
        *metadata_table(metadata_from_json(found.metadata or "")),
    )
    if found.policy is not None:
        shell.show("", "policy", lines(found.policy.strip()))
