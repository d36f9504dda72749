"""Findings about the whole script or job, placed in the entry that was typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import evolve

from totemlang.diagnostics import Diagnostic, OperationFailed, Refused
from totemlang.source import Source, Span


@contextmanager
def placed(whole: Source, start: int, entry: Source) -> Iterator[None]:
    """Let errors speak of the entry, which stands at offset `start` of the whole text."""
    try:
        yield
    except Refused as refused:
        found = tuple(_moved(one, whole, start, entry) for one in refused.diagnostics)
        raise Refused(found) from None
    except OperationFailed as failed:
        line = failed.line - whole.position(start).line + 1
        if failed.line and 0 < line <= len(entry.line_starts):
            raise OperationFailed(failed.reason, line, failed.stage) from None
        raise


def _moved(found: Diagnostic, whole: Source, start: int, entry: Source) -> Diagnostic:
    if found.source.text != whole.text or found.span.end <= start:
        return found
    size = len(entry.text)  # a place may reach over the entry, to brackets put around it
    span = Span(min(max(found.span.start - start, 0), size), min(found.span.end - start, size))
    return evolve(found, span=span, source=entry)
