"""The kinds of arguments that a function of the contract declares, each with its bounds.

A check gives the value or raises ValueError with words that tell what is wanted.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from attrs import frozen

from totemlang.ledger.canonical import LARGEST

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Names of organisations, members and data sets; they stand in keys, so they hold no `/`."""

_HEX = re.compile(r"[0-9a-f]+")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NO_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Argument(Protocol):
    """A kind of argument."""

    def check(self, value: object) -> Any:
        """The value as the function takes it. Raises ValueError with what is wanted."""

    def __str__(self) -> str:
        """The kind in words, for the reference."""


@frozen
class Whole:
    """A whole number between two bounds."""

    least: int = 0
    most: int = LARGEST

    def check(self, value: object) -> int:
        """See `Argument`."""
        if type(value) is not int or not self.least <= value <= self.most:
            raise ValueError(str(self))
        return value

    def __str__(self) -> str:
        """See `Argument`."""
        most = "2^63 − 1" if self.most == LARGEST else f"{self.most:,}"
        return f"a whole number from {self.least} to {most}"


AMOUNT = Whole(1)
"""Totem that moves."""


@frozen
class Text:
    """A text of so many bytes in UTF-8, without control characters; ends of lines and tabs only
    where `lines` are allowed. One line has no sign that turns or breaks what is shown with it.
    """

    most: int
    least: int = 1
    lines: bool = False

    def check(self, value: object) -> str:
        """See `Argument`."""
        if not isinstance(value, str) or not self.least <= len(value) <= self.most:
            raise ValueError(str(self))
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise ValueError(str(self)) from None
        if size > self.most or (_CONTROL if self.lines else _NO_LINE).search(value):
            raise ValueError(str(self))
        return value

    def __str__(self) -> str:
        """See `Argument`."""
        return f"a text of {self.least} to {self.most:,} bytes{'' if self.lines else ', one line'}"


@frozen
class Name:
    """A plain name."""

    def check(self, value: object) -> str:
        """See `Argument`."""
        if not isinstance(value, str) or not NAME.fullmatch(value):
            raise ValueError(str(self))
        return value

    def __str__(self) -> str:
        """See `Argument`."""
        return "a name of 1 to 64 letters, digits, `.`, `_`, `-`"


@frozen
class Pair:
    """Two names with a sign between them: a member `name@organisation`, a data set `org/name`."""

    sign: str
    words: str

    def check(self, value: object) -> str:
        """See `Argument`."""
        if not isinstance(value, str) or len(value) > 129:
            raise ValueError(str(self))
        parts = value.split(self.sign)
        if len(parts) != 2 or not all(NAME.fullmatch(part) for part in parts):
            raise ValueError(str(self))
        return value

    def __str__(self) -> str:
        """See `Argument`."""
        return self.words


MEMBER = Pair("@", "a member, `name@organisation`")
DATASET = Pair("/", "a data set, `organisation/name`")


@frozen
class Hex:
    """Lower-case hexadecimal digits, from `least` to `most` of them, an even number."""

    least: int
    most: int

    def check(self, value: object) -> str:
        """See `Argument`."""
        if (
            not isinstance(value, str)
            or not self.least <= len(value) <= self.most
            or len(value) % 2
            or not _HEX.fullmatch(value)
        ):
            raise ValueError(str(self))
        return value

    def __str__(self) -> str:
        """See `Argument`."""
        most = "" if self.most == self.least else f" to {self.most}"
        return f"{self.least}{most} hexadecimal digits"


DIGEST = Hex(64, 64)
"""SHA-256."""

IDENTIFIER = Hex(24, 24)
"""What the ledger names requests and jobs by."""


@frozen
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    def check(self, value: object) -> str:
        """See `Argument`."""
        if not isinstance(value, str) or value not in self.words:
            raise ValueError(str(self))
        return value

    def __str__(self) -> str:
        """See `Argument`."""
        return " or ".join(f"`{word}`" for word in self.words)


@frozen
class Moment:
    """A time in UTC."""

    def check(self, value: object) -> datetime:
        """See `Argument`."""
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValueError(str(self))
        try:
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        except ValueError:
            raise ValueError(str(self)) from None

    def __str__(self) -> str:
        """See `Argument`."""
        return "a time, `YYYY-MM-DDThh:mm:ss.mmmZ`"


@frozen
class Base64:
    """Bytes, in the one base64 text that they have."""

    most: int

    def check(self, value: object) -> bytes:
        """See `Argument`."""
        if not isinstance(value, str) or not 0 < len(value) <= 4 * (self.most // 3 + 1):
            raise ValueError(str(self))
        try:
            data = base64.b64decode(value.encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error):
            raise ValueError(str(self)) from None
        if not 0 < len(data) <= self.most or base64.b64encode(data).decode() != value:
            raise ValueError(str(self))
        return data

    def __str__(self) -> str:
        """See `Argument`."""
        return f"1 to {self.most:,} bytes in base64"


@frozen
class Many:
    """A list of arguments of one kind."""

    item: Argument
    most: int
    least: int = 0

    def check(self, value: object) -> list[Any]:
        """See `Argument`."""
        if not isinstance(value, list | tuple) or not self.least <= len(value) <= self.most:
            raise ValueError(str(self))
        return [self.item.check(element) for element in value]

    def __str__(self) -> str:
        """See `Argument`."""
        return f"a list of {self.least} to {self.most}, each {self.item}"


@frozen
class Named:
    """An object whose keys are texts and whose values are of one kind."""

    item: Argument
    most: int
    key: Argument = Text(200)
    least: int = 0

    def check(self, value: object) -> dict[str, Any]:
        """See `Argument`."""
        if not isinstance(value, Mapping) or not self.least <= len(value) <= self.most:
            raise ValueError(str(self))
        return {self.key.check(k): self.item.check(value[k]) for k in sorted(value, key=str)}

    def __str__(self) -> str:
        """See `Argument`."""
        return f"an object of {self.least} to {self.most} entries, each {self.item}"


@frozen
class Parts:
    """An object with these keys and no others."""

    fields: Mapping[str, Argument]

    def check(self, value: object) -> dict[str, Any]:
        """See `Argument`."""
        if not isinstance(value, Mapping):
            raise ValueError(str(self))
        return check_all(self.fields, value)

    def __str__(self) -> str:
        """See `Argument`."""
        return "an object: " + "; ".join(f"`{name}` {kind}" for name, kind in self.fields.items())


@frozen
class Optional:
    """An argument that may be null or left out."""

    item: Argument

    def check(self, value: object) -> Any:
        """See `Argument`."""
        return None if value is None else self.item.check(value)

    def __str__(self) -> str:
        """See `Argument`."""
        return f"{self.item}, or null"


def check_all(declared: Mapping[str, Argument], sent: Mapping[Any, object]) -> dict[str, Any]:
    """Every declared argument's value, those left out as None where they are optional.

    Raises:
        ValueError: naming the argument that is missing, not known, or not what is wanted.
    """
    for name in sent:
        if name not in declared:
            raise ValueError(f"not known is {str(name)[:64]!r}")
    found: dict[str, Any] = {}
    for name, kind in declared.items():
        if name not in sent and not isinstance(kind, Optional):
            raise ValueError(f"{name} is missing: {kind}")
        try:
            found[name] = kind.check(sent.get(name))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return found
