"""A transaction: a call of the contract that a member has signed.

The signed part is canonical JSON of function, arguments, nonce, time, the ledger's genesis hash
and the fingerprint of the certificate, so that it counts once, here, and under this certificate
alone. Values that come with the call but are not written (transient) are signed for by name.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from totemlang.ledger.canonical import NotCanonical, canonical, parse_canonical, parse_own
from totemlang.ledger.chain import moments
from totemlang.ledger.chain.faults import Fault, Rejected
from totemlang.ledger.identity import Identity
from totemlang.ledger.stub import MAX_VALUE_BYTES

MAX_TRANSACTION = 3 * 2**20
"""Bytes of the signed part: a program of the largest size in base64, and what goes with it."""

MAX_TRANSIENT = 64
"""Transient values of a call."""

MAX_TRANSIENT_BYTES = MAX_VALUE_BYTES + 2**16
"""Bytes of all transient values of a call: the largest private value, and some."""

_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_FUNCTION = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_TRANSIENT = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_PARTS = {"arguments", "certificate", "function", "kind", "ledger", "nonce", "time", "transient"}


@frozen
class Transaction:
    """A call with its signature. `body` is the signed part, `der` the caller's certificate."""

    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    der: bytes = field(repr=False)
    id: str
    fingerprint: str
    function: str
    arguments: Mapping[str, Any]
    ledger: str
    time: datetime
    transient: tuple[str, ...]


def make(
    identity: Identity,
    ledger: str,
    function: str,
    arguments: Mapping[str, object],
    time: datetime,
    transient: Iterable[str] = (),
) -> Transaction:
    """Sign a call. Raises Rejected for what no ledger takes."""
    certificate = identity.certificate
    try:
        body = canonical(
            {
                "kind": "transaction",
                "function": function,
                "arguments": dict(arguments),
                "nonce": secrets.token_hex(16),
                "time": moments.write(time),
                "ledger": ledger,
                "certificate": certificate.fingerprint,
                "transient": sorted(transient),
            }
        )
    except NotCanonical as error:
        raise Rejected(Fault.FORM, f"the arguments hold {error}") from None
    return read(body, identity.sign(body), certificate.der)


def read(body: bytes, signature: bytes, der: bytes) -> Transaction:
    """A transaction from its three parts, which anybody may have written.

    The signature is not checked here. Raises Rejected for what is malformed or too large.
    """
    if len(body) > MAX_TRANSACTION:
        raise Rejected(Fault.SIZE, f"the transaction has more than {MAX_TRANSACTION:,} bytes")
    try:
        parts = parse_canonical(body)
    except NotCanonical as error:
        raise Rejected(Fault.FORM, f"the transaction is no canonical JSON: {error}") from None
    if not isinstance(parts, dict) or set(parts) != _PARTS or parts["kind"] != "transaction":
        raise Rejected(Fault.FORM)
    try:
        time = moments.read(parts["time"])
    except ValueError as error:
        raise Rejected(Fault.FORM, str(error)) from None
    nonce, fingerprint, ledger = (
        _hex(parts[name], size)
        for name, size in (("nonce", 32), ("certificate", 64), ("ledger", 64))
    )
    function, arguments, transient = parts["function"], parts["arguments"], parts["transient"]
    if not isinstance(function, str) or not _FUNCTION.fullmatch(function):
        raise Rejected(Fault.FORM, "no function can have this name")
    if not isinstance(arguments, dict):
        raise Rejected(Fault.FORM, "the arguments are an object")
    if hashlib.sha256(der).hexdigest() != fingerprint:
        raise Rejected(Fault.CERTIFICATE, "the transaction was signed for another certificate")
    return Transaction(
        body=body,
        signature=signature,
        der=der,
        id=identifier(nonce, fingerprint),
        fingerprint=fingerprint,
        function=function,
        arguments=arguments,
        ledger=ledger,
        time=time,
        transient=_names(transient),
    )


def read_whole(body: bytes, signature: bytes, certificate: Callable[[str], bytes]) -> Transaction:
    """A transaction that `read` has taken before, to the byte; nothing is judged again."""
    parts = parse_own(body)
    fingerprint: str = parts["certificate"]
    return Transaction(
        body=body,
        signature=signature,
        der=certificate(fingerprint),
        id=identifier(parts["nonce"], fingerprint),
        fingerprint=fingerprint,
        function=parts["function"],
        arguments=parts["arguments"],
        ledger=parts["ledger"],
        time=moments.read(parts["time"]),
        transient=tuple(parts["transient"]),
    )


def identifier(nonce: str, fingerprint: str) -> str:
    """SHA-256, in hex, of nonce and certificate (its fingerprint)."""
    return hashlib.sha256(bytes.fromhex(nonce) + bytes.fromhex(fingerprint)).hexdigest()


def check_transient(names: tuple[str, ...], values: Mapping[str, bytes]) -> None:
    """Hold that the values sent are those signed for. Raises Rejected."""
    if set(values) != set(names):
        raise Rejected(Fault.FORM, "the transient values are not those that were signed for")
    if sum(len(value) for value in values.values()) > MAX_TRANSIENT_BYTES:
        message = f"transient values of more than {MAX_TRANSIENT_BYTES:,} bytes"
        raise Rejected(Fault.SIZE, message)


def _names(transient: object) -> tuple[str, ...]:
    if not isinstance(transient, list) or len(transient) > MAX_TRANSIENT:
        raise Rejected(Fault.FORM, "transient is a list of names")
    for name in transient:
        if not isinstance(name, str) or not _TRANSIENT.fullmatch(name):
            raise Rejected(Fault.FORM, "transient is a list of names")
    if transient != sorted(set(transient)):
        raise Rejected(Fault.FORM, "transient is a sorted list of names, each once")
    return tuple(transient)


def _hex(text: object, digits: int) -> str:
    if not isinstance(text, str) or len(text) != digits or not _HEX.fullmatch(text):
        raise Rejected(Fault.FORM, "a hash or nonce is malformed")
    return text
