"""Answers of the contract as typed values, and back: JSON objects with the classes' own fields.

An answer comes from a ledger that others write to, so its shape is checked, not assumed.
"""

from __future__ import annotations

import base64
import binascii
import types
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

import attrs

from totemlang.diagnostics import LedgerUnreachable
from totemlang.ledger.chain import moments

KEY = "key"
"""The metadata of a field whose name in JSON is another."""


class BadAnswer(LedgerUnreachable):
    """What the ledger answered is no answer of this contract."""


@attrs.frozen
class Answer:
    """What a function of the contract answers; fields are named as in its JSON object."""

    @classmethod
    def of(cls, document: object) -> Self:
        """From JSON; keys that are not known are left out. Raises BadAnswer."""
        found: Self = _read(cls, document)
        return found

    def to_json(self) -> dict[str, Any]:
        """The JSON object; fields that are None only because they do not apply are left out."""
        found: dict[str, Any] = to_document(self)
        return found


def optional(key: str | None = None) -> Any:
    """A field that the answer may lack; `key` where its name in JSON is another."""
    return attrs.field(default=None, metadata={} if key is None else {KEY: key})


def renamed(key: str) -> Any:
    """A field whose name in JSON is another."""
    return attrs.field(metadata={KEY: key})


@cache
def _fields(kind: Any) -> tuple[tuple[str, str, Any, bool], ...]:
    """Of every field: name, name in JSON, type, whether the answer may lack it."""
    hints = get_type_hints(kind)
    return tuple(
        (f.name, f.metadata.get(KEY, f.name), hints[f.name], f.default is not attrs.NOTHING)
        for f in attrs.fields(kind)
    )


def _read(kind: Any, value: object) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _read(next(k for k in get_args(kind) if k is not type(None)), value)
    if kind is Any or kind is object:
        return value
    if attrs.has(kind):
        return _object(kind, value)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(get_args(kind)[0], element) for element in value)
    if origin is Mapping and isinstance(value, dict):
        return {key: _read(get_args(kind)[1], element) for key, element in value.items()}
    if kind in (bytes, datetime) and isinstance(value, str):
        try:
            return moments.read(value) if kind is datetime else base64.b64decode(value)
        except (ValueError, binascii.Error):
            raise BadAnswer("the ledger's answer holds a malformed value") from None
    if kind in (int, str, bool) and type(value) is kind:
        return value
    raise BadAnswer("the ledger's answer is none of this contract")


def _object(kind: type, value: object) -> Any:
    if not isinstance(value, dict):
        raise BadAnswer("the ledger's answer is none of this contract")
    found = {}
    for name, key, wanted, may_lack in _fields(kind):
        if key in value:
            found[name] = _read(wanted, value[key])
        elif not may_lack:
            raise BadAnswer(f"the ledger's answer lacks {key}")
    return kind(**found)


def to_document(value: object) -> Any:
    """A value in JSON: answers as objects, times and bytes as texts."""
    kind: Any = type(value)
    if attrs.has(kind):
        return {
            key: to_document(getattr(value, name))
            for name, key, _, may_lack in _fields(kind)
            if not (may_lack and getattr(value, name) is None)
        }
    if isinstance(value, tuple | list):
        return [to_document(element) for element in value]
    if isinstance(value, Mapping):
        return {key: to_document(element) for key, element in value.items()}
    if isinstance(value, datetime):
        return moments.write(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value
