"""The structure of a body: where its blocks of control begin, go on and end, and what it stores."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from attrs import define, field, frozen

from totemlang.bytecode.module import Code
from totemlang.source import NOWHERE, Span
from totemlang.verify.verified import VerifiedCode

OPENING = frozenset({"if", "and", "or", "for", "while", "foreach"})
LOOPS = frozenset({"for", "while", "foreach"})
STORING = frozenset({"assign", "set", "foreach"})
"""Operations that give the slot in their immediate a new value."""

SLOT_READING = frozenset(
    {"load", "set_element", "assign_element", "take_element", "put_element", "same_length", "for"}
)
"""Operations that need what the slot in their immediate holds."""


@define
class Frame:
    """A block of control: the instructions at which it opens, goes on (-1: not) and ends."""

    opening: int
    otherwise: int = -1
    do: int = -1
    step: int = -1
    end: int = -1


@frozen
class Shape:
    """What one look at a body tells.

    `frames` by the instruction that opens them. `to_clear` are the slots that may be read before
    they are stored. `stores` and `reads` are the instructions that do, by slot, in order; what is
    read at the end has the number of instructions there. `depth` counts blocks of control, `loops`
    loops within each other.
    """

    frames: dict[int, Frame]
    to_clear: tuple[int, ...]
    stores: dict[int, list[int]]
    reads: dict[int, list[int]]
    depth: int
    loops: int

    def stores_within(self, slot: int, start: int, stop: int) -> bool:
        """Whether an instruction from `start` to `stop` (exclusive) gives the slot a value."""
        return _any_within(self.stores.get(slot, []), start, stop)

    def reads_outside(self, slot: int, start: int, stop: int) -> bool:
        """Whether an instruction before `start` or from `stop` on needs the slot."""
        places = self.reads.get(slot, [])
        return bool(places) and (places[0] < start or places[-1] >= stop)


def _any_within(places: list[int], start: int, stop: int) -> bool:
    at = bisect_left(places, start)
    return at < len(places) and places[at] < stop


@define
class _Uses:
    """The regions in which a slot is used: is each later one inside of that of a first store?"""

    region: dict[int, int] = field(factory=dict)
    unsure: set[int] = field(factory=set)
    stores: dict[int, list[int]] = field(factory=dict)
    reads: dict[int, list[int]] = field(factory=dict)

    def store(self, slot: int, at: int, region: int) -> None:
        self.region.setdefault(slot, region)
        self.stores.setdefault(slot, []).append(at)

    def load(self, slot: int, at: int, open_regions: set[int]) -> None:
        self.reads.setdefault(slot, []).append(at)
        if self.region.get(slot, -1) not in open_regions:
            self.unsure.add(slot)


def shape_of(code: Code, parameters: int, read_at_end: tuple[int, ...] = ()) -> Shape:
    """Look at a body whose first `parameters` slots are set from outside."""
    frames: dict[int, Frame] = {}
    open_frames: list[Frame] = []
    regions, open_regions, fresh = [0], {0}, 0
    uses = _Uses()
    depth = loops = open_loops = 0

    def leave() -> None:
        open_regions.discard(regions.pop())

    def enter() -> None:
        nonlocal fresh
        fresh += 1
        regions.append(fresh)
        open_regions.add(fresh)

    for index, instruction in enumerate(code.instructions):
        name = instruction.operation
        if name in OPENING:
            frames[index] = frame = Frame(index)
            open_frames.append(frame)
            enter()
            depth = max(depth, len(open_frames))
            if name in LOOPS:
                open_loops += 1
                loops = max(loops, open_loops)
        elif name == "else":
            open_frames[-1].otherwise = index
        elif name == "do":
            open_frames[-1].do = index
        elif name == "step":
            open_frames[-1].step = index
        if name in ("else", "do", "step"):
            leave()
            enter()
        elif name == "end":
            frame = open_frames.pop()
            frame.end = index
            open_loops -= code.instructions[frame.opening].operation in LOOPS
            leave()
        if name in STORING:
            uses.store(instruction.immediates[0], index, regions[-1])
        elif name in SLOT_READING:
            uses.load(instruction.immediates[0], index, open_regions)
    for slot in read_at_end:
        uses.load(slot, len(code.instructions), open_regions)
    to_clear = tuple(sorted(slot for slot in uses.unsure if slot >= parameters))
    return Shape(frames, to_clear, uses.stores, uses.reads, depth, loops)


def lines_of(verified: VerifiedCode, line_starts: tuple[int, ...]) -> list[int]:
    """The source line of each instruction; 0 where the body carries no places."""
    spans = verified.code.spans
    if not spans:
        return [0] * len(verified.code.instructions)
    return [bisect_right(line_starts, span.start) for span in spans]


def line_of(place: Span, line_starts: tuple[int, ...]) -> int:
    """The source line of a place, 0 for nowhere."""
    return 0 if place == NOWHERE else bisect_right(line_starts, place.start)


def emits_repeatedly(code: Code) -> bool:
    """Whether a record may emit more than once: by several emits, or by one within a loop."""
    emits = loops = 0
    opened: list[bool] = []
    for instruction in code.instructions:
        name = instruction.operation
        if name in OPENING:
            opened.append(name in LOOPS)
            loops += opened[-1]
        elif name == "end":
            loops -= opened.pop()
        elif name == "emit":
            emits += 1
            if loops:
                return True
    return emits > 1
