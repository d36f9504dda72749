"""The section for people: source, places and names of slots. Nothing that runs depends on it.

Spans are written as differences, since neighbours are near each other. The section is there only
where it says something, so stripping it leaves a valid container of the same program.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from totemlang.bytecode.codec import TEXT, TRUTH, optional, record
from totemlang.bytecode.constants import bodies
from totemlang.bytecode.limits import MAX_SOURCE_BYTES
from totemlang.bytecode.module import Code, Module
from totemlang.bytecode.wire import Damaged, Reader, Unwritable, Writer
from totemlang.source import NOWHERE, Source, Span

SOURCE = optional(record(Source, text=TEXT, name=TEXT))


def has_debug(module: Module) -> bool:
    """Whether there is anything to say to people."""
    return (
        module.source is not None
        or any(c.spans or c.slot_names or c.place != NOWHERE for c in bodies(module))
        or any(lookup.place != NOWHERE for lookup in module.lookups)
    )


def write_debug(writer: Writer, module: Module) -> None:
    """Write the section. Raises `Unwritable` for spans outside the source, or too few."""
    if module.source is not None and len(module.source.text) > MAX_SOURCE_BYTES:
        raise Unwritable(f"a source of more than {MAX_SOURCE_BYTES} characters")
    SOURCE.write(writer, module.source)
    limit = _end_of(module.source)
    for lookup in module.lookups:
        _write_place(writer, lookup.place, limit)
    for code in bodies(module):
        _write_place(writer, code.place, limit)
        _write_spans(writer, code, limit)
        if code.slot_names and len(code.slot_names) != len(code.slots):
            raise Unwritable("names for some slots of a body and not for others")
        TRUTH.write(writer, bool(code.slot_names))
        for name in code.slot_names:
            TEXT.write(writer, name)


def read_debug(reader: Reader, module: Module) -> Module:
    """The module with what the section says."""
    source = SOURCE.read(reader)
    if source is not None and len(source.text) > MAX_SOURCE_BYTES:
        raise Damaged(f"its source has more than {MAX_SOURCE_BYTES} characters")
    limit = _end_of(source)
    lookups = tuple(evolve(known, place=_read_place(reader, limit)) for known in module.lookups)
    codes = iter([_read_body(reader, code, limit) for code in bodies(module)])
    read = evolve(_with_bodies(module, codes, source), lookups=lookups)
    if not has_debug(read):
        raise Damaged("the section for people says nothing")
    return read


def _end_of(source: Source | None) -> int:
    return MAX_SOURCE_BYTES if source is None else len(source.text)


def _write_place(writer: Writer, place: Span, limit: int) -> None:
    if not 0 <= place.start <= place.end <= limit:
        raise Unwritable("a place outside the source")
    writer.number(place.start)
    writer.number(place.end - place.start)


def _read_place(reader: Reader, limit: int) -> Span:
    start = reader.number()
    place = Span(start, start + reader.number())
    if place.end > limit:
        raise Damaged("a place lies outside the source")
    return place


def _write_spans(writer: Writer, code: Code, limit: int) -> None:
    if code.spans and len(code.spans) != len(code.instructions):
        raise Unwritable("spans for some instructions of a body and not for others")
    TRUTH.write(writer, bool(code.spans))
    before = 0
    for span in code.spans:
        if not 0 <= span.start <= span.end <= limit:
            raise Unwritable("a span outside the source")
        writer.signed(span.start - before)
        writer.number(span.end - span.start)
        before = span.start


def _read_body(reader: Reader, code: Code, limit: int) -> Code:
    place = _read_place(reader, limit)
    spans: tuple[Span, ...] = ()
    if TRUTH.read(reader):
        spans = tuple(_read_spans(reader, len(code.instructions), limit))
        if not spans:
            raise Damaged("spans for a body without instructions")
    names: tuple[str, ...] = ()
    if TRUTH.read(reader):
        names = tuple(TEXT.read(reader) for _ in code.slots)
        if not names:
            raise Damaged("names for a body without slots")
    return evolve(code, spans=spans, slot_names=names, place=place)


def _read_spans(reader: Reader, count: int, limit: int) -> Iterator[Span]:
    start = 0
    seen: dict[Span, Span] = {}
    for _ in range(count):
        start += reader.signed()
        span = Span(start, start + reader.number())
        if not 0 <= start <= span.end <= limit:
            raise Damaged("a span lies outside the source")
        yield seen.setdefault(span, span)


def _with_bodies(module: Module, codes: Iterator[Code], source: Source | None) -> Module:
    """The module with other bodies, which come in the order of `bodies`."""
    return evolve(
        module,
        globals=tuple(
            g if g.initial is None else evolve(g, initial=next(codes)) for g in module.globals
        ),
        functions=tuple(evolve(function, code=next(codes)) for function in module.functions),
        script=None if module.script is None else next(codes),
        stages=tuple(evolve(stage, code=next(codes)) for stage in module.stages),
        source=source,
    )
