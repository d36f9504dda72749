"""What a translation leaves beside its text: where counters stand and what they count."""

from __future__ import annotations

from attrs import define, field, frozen

from totemlang.native.layout import Layout
from totemlang.native.translation.certain import Certain
from totemlang.verify.verified import VerifiedModule
from totemlang.vm.prepared import Body


@frozen
class Place:
    """Where an operation may fail: an instruction of a body."""

    body: int
    instruction: int


@frozen
class StagePlan:
    """How a stage is called.

    `frame` is the address of its table of columns (see `frames`); `outputs` that of its
    pointers to room for emitted columns, followed by the rows that there is room for; `places`
    that of pointers to where those of the last call stand. `used` are the parameters that it
    looks at: no others need be brought to memory. `charges` tells whether anything is charged but
    what is known before, `repeats` whether a record may emit several rows. `certain` is what
    records do whose values are all there; there is a function then that pays for them.
    """

    frame: int
    outputs: int
    places: int
    used: frozenset[int]
    charges: bool
    repeats: bool
    certain: Certain | None = None


@frozen(eq=False)
class Plan:
    """A module in WebAssembly, with what is needed to run it and to read its counters.

    `bodies`, `names`, `first_stage` and `script` are as in `vm.prepared`. The counters are i64
    one after the other from `counters`, those of failures by place after them from `stops`; both,
    and what else tells of failures, have a second place at `backup`.
    `globals` is the address of two words for each global, `variables` for each variable.
    `base` is the first byte that is free.
    """

    verified: VerifiedModule
    text: str
    bodies: tuple[Body, ...]
    names: tuple[str, ...]
    places: tuple[Place, ...]
    stages: tuple[StagePlan, ...]
    counters: int
    stops: int
    backup: int
    globals: int
    lookups: tuple[int, ...]
    variables: int
    base: int

    @property
    def counters_size(self) -> int:
        """Bytes from `counters` to the last counter of failures."""
        return self.stops + 8 * len(self.places) - self.counters

    @property
    def first_stage(self) -> int:
        """Number of the first stage's body."""
        return len(self.verified.functions)

    @property
    def script(self) -> int:
        """Number of the script's body."""
        return self.first_stage + len(self.verified.stages)


@define
class Counting:
    """Numbers counters and places while bodies are written."""

    layout: Layout
    counters: int
    stops: int
    names: list[str] = field(factory=list)
    places: list[Place] = field(factory=list)

    def counter(self, name: str) -> int:
        """The address of a new counter."""
        self.names.append(name)
        return self.counters + 8 * (len(self.names) - 1)

    def place(self, body: int, instruction: int) -> int:
        """The number of a place where an operation may fail."""
        self.places.append(Place(body, instruction))
        return len(self.places) - 1
