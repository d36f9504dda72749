"""A consortium as a library: what a program embeds that provides data, or asks for it.

python examples/consortium/embed.py

Three providers serve their homes' meters, each in a thread of its own; a consumer asks all three
when their homes together take the most, follows the totem going down, and merges what they release.
"""

from __future__ import annotations

import tempfile
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import totemlang
from totemlang import Consumer, Identity, Ledger, ProviderNode
from totemlang.data.describe import describe
from totemlang.data.file import open_data
from totemlang.ledger.client import AccessKeys
from totemlang.ledger.founding import found
from totemlang.ledger.identity import (
    Authority,
    CertificateAuthority,
    new_key,
    request_certificate,
)
from totemlang.node import Keeping, Wanted
from totemlang.schema.metadata_json import metadata_to_json

EXAMPLES = Path(__file__).resolve().parents[1]
METERS = EXAMPLES / "data" / "smart_meters"
PROVIDERS = ("a", "b", "c")
YEAR = timedelta(days=365)


def main(folder: Path) -> None:
    """Found it, publish, serve, ask."""
    authority = CertificateAuthority.create(folder / "ca", "valley")

    def enrol(name: str, organisation: str, role: str) -> Identity:
        key = new_key()
        request = request_certificate(key, name, organisation)
        return Identity.of(authority.enrol(request, [role]), key)

    operator, asker = enrol("gro", "grid", "operator"), enrol("ada", "lab", "consumer")
    path = folder / "ledger.db"
    homes = {f"homes_{each}": ["provider"] for each in PROVIDERS}
    organisations = {"grid": ["operator"], "lab": ["consumer"], **homes}
    with (
        found(path, operator, "valley", [Authority(authority.certificate)], organisations) as grid,
        Ledger.open(path, asker) as lab,
        ExitStack() as served,
    ):
        lab.account_open()
        grid.account_grant(lab.member, 10_000_000)
        consumer, stop = Consumer(lab), threading.Event()
        for each in PROVIDERS:
            owner = Ledger.open(path, enrol("owner", f"homes_{each}", "provider"))
            node = provide(owner, METERS / f"provider_{each}.parquet", folder / each, consumer)
            thread = threading.Thread(target=node.serve, args=(stop, lambda deed: print(deed)))
            thread.start()
            served.callback(thread.join)
            served.callback(stop.set)
        ask(consumer)


def provide(owner: Ledger, file: Path, folder: Path, consumer: Consumer) -> ProviderNode:
    """Publish a data set and give the consumer access; the node that serves it."""
    owner.account_open()
    described = metadata_to_json(describe(open_data(file), "meters"))
    dataset = owner.dataset_publish("meters", "half-hourly readings", described).dataset
    asked = consumer.request(dataset, "the peak of the whole valley")
    keeping = Keeping.at(folder)
    keys = AccessKeys.kept(owner, folder)
    keys.grant(asked.request, datetime.now(UTC) + YEAR)
    return ProviderNode(owner, keeping, {"meters": file}, keys)


def ask(consumer: Consumer) -> None:
    """A job at all three, from its quote to what it came to."""
    program = totemlang.compile((EXAMPLES / "peak_hour.totem").read_text())
    wanted = [Wanted({"readings": f"homes_{each}/meters"}) for each in PROVIDERS]
    job = consumer.submit(program, wanted)
    for seen in consumer.follow(job.job):
        print(f"{seen.state}: {seen.remaining:,} totem left")
    while not consumer.is_released(job.job):
        consumer.wait(0.1)
    outcome = consumer.result(job.job).checked()
    consumer.settle(job.job)
    assert outcome.table is not None
    for row in outcome.table.to_pylist():
        print(row)
    print(f"merging and the stages below it used {outcome.totem:,} totem")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        main(Path(place))
