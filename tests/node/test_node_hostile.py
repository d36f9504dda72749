"""What comes from the other side is read within bounds, and nothing of it ends in a traceback."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from valley import Valley, valley

from totemlang.diagnostics import BadData, UsageError
from totemlang.node import BadReceipt, Delivery, Entry, Keeping, SignedReceipt

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


def likely(keys: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Objects with the right keys and anything in them."""
    return st.fixed_dictionaries(dict.fromkeys(keys, JSON)) | JSON


@given(likely(("statement", "certificate", "signature")))
def test_any_json_is_a_receipt_or_none(document: object) -> None:
    with pytest.raises(BadReceipt):
        SignedReceipt.from_json(document)


@given(likely(("receipt", "result")))
def test_any_json_is_a_delivery_or_none(document: object) -> None:
    with pytest.raises(BadReceipt):
        Delivery.from_json(document)


@given(likely(("ledger", "job", "part", "code", "key", "signature")))
def test_any_json_is_an_entry_or_none(document: object) -> None:
    try:
        found = Entry.from_json(document)
    except UsageError:
        return
    assert found.to_json() == document


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 2**20
    monkeypatch.setattr("totemlang.node.delivery.MAX_RESULT_BYTES", most)
    here = valley(tmp_path)
    job = here.ended(here.submit())
    document = here.ada.delivered(job.job, 0).to_json()
    document["result"] = base64.b64encode(zlib.compress(bytes(most + 1))).decode()
    with pytest.raises(BadReceipt, match="bytes or less"):
        Delivery.from_json(document)


def released(here: Valley, change: Any) -> Delivery:
    """What a provider has released, altered."""
    job = here.ended(here.submit())
    document = here.ada.delivered(job.job, 0).to_json()
    change(document)
    return Delivery.from_json(document)


def test_another_result_than_the_receipts_is_refused(tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        data = zlib.decompress(base64.b64decode(document["result"]))
        document["result"] = base64.b64encode(zlib.compress(data[:-1] + b"\1")).decode()

    with pytest.raises(BadReceipt, match="not the one that the receipt states"):
        released(valley(tmp_path), change).table()


def test_a_provider_cannot_release_another_result_than_he_committed_to(tmp_path: Path) -> None:
    here = valley(tmp_path)
    one, other = (here.ended(here.submit()) for _ in range(2))
    wrong = here.ada.delivered(other.job, 0)
    with pytest.raises(BadReceipt, match="another job"):
        here.ada.result(one.job, fetched={0: wrong})


def test_the_nodes_own_damaged_file_is_named(tmp_path: Path) -> None:
    keeping = Keeping.at(tmp_path)
    path = tmp_path / "results" / "0.0.json"
    path.write_text(json.dumps({"receipt": 1})[:-1])
    with pytest.raises(BadData, match=r"0\.0\.json is damaged"):
        keeping.kept("0", 0)


@pytest.mark.parametrize("suffix", ["", "csv", "/../x", ".CSV", ".csv/", ".much_too_long"])
def test_a_lookup_goes_nowhere_else_than_where_lookups_are(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(UsageError, match="suffix"):
        Keeping.at(tmp_path).receive(b"id,name\n", suffix)


def test_what_a_node_keeps_is_its_owners_alone(tmp_path: Path) -> None:
    here = valley(tmp_path)
    here.ended(here.submit())
    kept = [path for path in (tmp_path / "north").rglob("*") if path.is_file()]
    own = [path for path in kept if path.parent.name in ("results", "locks", "sent")]
    assert len(own) == 4  # result, begun, delivered, lock
    assert all(path.stat().st_mode & 0o077 == 0 for path in own)
