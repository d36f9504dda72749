"""The container of a module: bytes with exactly one valid form for every module.

    89 "TOTEMC" 0A   version 01   seven sections   [section 8: source, spans, names of slots]

A section is its number, its length and its content. Numbers are varints in their shortest form,
floats have one NaN, texts are valid UTF-8, constants stand in the order of their first use, and
nothing is left over: what decodes, encodes to the same bytes.
"""

from __future__ import annotations

import hashlib
from typing import Any

from totemlang.bytecode.codec import record
from totemlang.bytecode.codes import CODES
from totemlang.bytecode.constants import pool_is_canonical
from totemlang.bytecode.debug import has_debug, read_debug, write_debug
from totemlang.bytecode.layout import SECTIONS
from totemlang.bytecode.limits import MAX_MODULE_BYTES
from totemlang.bytecode.module import Module
from totemlang.bytecode.wire import Damaged, Reader, Unwritable, Writer
from totemlang.diagnostics import Diagnostic, Refused

MAGIC = b"\x89TOTEMC\n"
VERSION = 1
DEBUG = len(SECTIONS) + 1
"""The number of the section for people."""

_POOL = "its constants do not stand in the order of their first use, each once"


def encode(module: Module, *, strip: bool = False) -> bytes:
    """The container of a module; `strip` leaves source, spans and names of slots out.

    Raises:
        Refused: BYT006, for a module that has no container (verified modules have one).
    """
    writer = Writer()
    writer.raw(MAGIC)
    writer.byte(VERSION)
    try:
        if not pool_is_canonical(module):
            raise Unwritable(_POOL)
        for number, fields in enumerate(SECTIONS, 1):
            content = Writer()
            for name, of in fields.items():
                of.write(content, getattr(module, name))
            _write_section(writer, number, content)
        if has_debug(module) and not strip:
            content = Writer()
            write_debug(content, module)
            _write_section(writer, DEBUG, content)
    except Unwritable as reason:
        raise _refused("BYT006", f"the module cannot be written: {reason}") from None
    if len(writer.written) > MAX_MODULE_BYTES:
        raise _refused("BYT003", f"the module has more than {MAX_MODULE_BYTES:,} bytes")
    return writer.written


def decode(data: bytes) -> Module:
    """The module in a container, in time and memory bounded by its size.

    Raises:
        Refused: for anything but the one valid form of a module: no container (BYT001), another
            version (BYT002), too large (BYT003), damaged (BYT004).
    """
    if not data.startswith(MAGIC):
        raise _refused("BYT001", "this is no compiled TOTEM program")
    if len(data) > MAX_MODULE_BYTES:
        raise _refused("BYT003", f"the module has more than {MAX_MODULE_BYTES:,} bytes")
    try:
        reader = Reader(data, len(MAGIC))
        version = reader.byte()
        if version != VERSION:
            raise _refused(
                "BYT002", f"the module has version {version}; this is for version {VERSION}"
            )
        return _read_sections(reader)
    except Damaged as reason:
        raise _refused("BYT004", f"the module is damaged: {reason}") from None


def module_hash(module: Module) -> str:
    """SHA-256, in hexadecimal digits, of the container without the section for people."""
    return hashlib.sha256(encode(module, strip=True)).hexdigest()


def _write_section(writer: Writer, number: int, content: Writer) -> None:
    writer.byte(number)
    writer.number(len(content.written))
    writer.raw(content.written)


def _read_sections(reader: Reader) -> Module:
    fields: dict[str, Any] = {}
    for number, codecs in enumerate(SECTIONS, 1):
        section = _section(reader, number)
        fields |= record(dict, **codecs).read(section)
        section.finish()
    module = Module(**fields)
    if not pool_is_canonical(module):
        raise Damaged(_POOL)
    if reader.left:
        section = _section(reader, DEBUG)
        module = read_debug(section, module)
        section.finish()
    reader.finish()
    return module


def _section(reader: Reader, number: int) -> Reader:
    if reader.byte() != number:
        raise Damaged(f"section {number} is not where it belongs")
    return reader.part()


def _refused(code: str, message: str) -> Refused:
    return Refused((Diagnostic(code, CODES[code].error_class, message),))
