"""A verified module becomes the text of a WebAssembly module: the bodies and all that they need."""

from __future__ import annotations

import re
from collections import OrderedDict
from threading import Lock

from attrs import define, field

from totemlang.bytecode.module import Function, Stage, StageKind
from totemlang.native.layout import FAILED_REASON, FAILURES, Layout
from totemlang.native.limits import MOST_INSTRUCTIONS, MOST_LOOPS, MOST_TEXT, NotNative
from totemlang.native.runtime.selection import REASON, runtime_text
from totemlang.native.translation.body import BodyWriter, Surroundings, Traits
from totemlang.native.translation.calls import fail_of_function, settle_function
from totemlang.native.translation.certain import certain
from totemlang.native.translation.control import translate
from totemlang.native.translation.dues import (
    begin,
    dues_of,
    first_tick,
    pay_function,
    settle_last,
)
from totemlang.native.translation.items import Item
from totemlang.native.translation.memory_use import memory_use
from totemlang.native.translation.ownership import ownership
from totemlang.native.translation.plan import Counting, Plan, StagePlan
from totemlang.native.translation.records import FRAME_ENTRY
from totemlang.native.translation.stages import used_parameters, write_stage
from totemlang.native.translation.support import support_text
from totemlang.native.values import VALUE, key_signature, number, value_types, zero
from totemlang.schema.types import Type
from totemlang.source import Source
from totemlang.verify.verified import VerifiedCode, VerifiedModule
from totemlang.vm.prepared import Body
from totemlang.vm.shape import LOOPS, emits_repeatedly, line_of, lines_of, shape_of

_CALLED = re.compile(r"\(call \$([a-z_0-9]+)")
_DEFINED = re.compile(r"\(func \$([a-zA-Z_0-9]+)")


_MOST_PLANS = 16
_plans: OrderedDict[int, Plan] = OrderedDict()
_lock = Lock()


def plan_of(verified: VerifiedModule) -> Plan:
    """The translation of a module, made once for all its machines. Raises `NotNative`."""
    with _lock:
        held = _plans.get(id(verified))
        if held is not None and held.verified is verified:
            _plans.move_to_end(id(verified))
            return held
        plan = _plans[id(verified)] = translate_module(verified)
        while len(_plans) > _MOST_PLANS:
            _plans.popitem(last=False)
        return plan


def translate_module(verified: VerifiedModule) -> Plan:
    """Translate a module.

    Raises:
        NotNative: it is larger than this tier takes.
    """
    module = verified.module
    bodies = [*verified.functions, *verified.stages]
    bodies += [verified.script] if verified.script is not None else []
    size = sum(len(body.code.instructions) for body in bodies)
    if size > MOST_INSTRUCTIONS:
        raise NotNative("the module is too large")
    layout = Layout()
    counters = 2 * size + 2 * len(module.stages) + 8
    first = layout.reserve(8 * counters)
    stops = layout.reserve(8 * (2 * size + 8))
    backup = layout.reserve(FAILURES + layout.top - first)
    writer = _ModuleWriter(verified, layout, Counting(layout, first, stops), backup)
    return writer.plan()


@define
class _ModuleWriter:
    """Writes all bodies of a module."""

    verified: VerifiedModule
    layout: Layout
    counting: Counting
    backup: int
    text: list[str] = field(factory=list)
    bodies: list[Body] = field(factory=list)
    stages: list[StagePlan] = field(factory=list)

    @property
    def source(self) -> Source:
        return self.verified.module.source or Source("")

    def plan(self) -> Plan:
        module = self.verified.module
        layout = self.layout
        globals_at = layout.reserve(8 * len(module.globals))
        around = Surroundings(
            self.verified,
            layout,
            self.counting,
            REASON,
            tuple(self.constant(at, value) for at, value in module.constants),
            tuple(globals_at + 8 * number for number in range(len(module.globals))),
            tuple(
                layout.reserve(24 + 4 * len(each.keys) + 8 * len(each.columns))
                for each in module.lookups
            ),
            [],
        )
        for function, code in zip(module.functions, self.verified.functions, strict=True):
            self.function(function, code, around)
        for stage, code in zip(module.stages, self.verified.stages, strict=True):
            self.stage(stage, code, around)
        variables = layout.reserve(16 * len(module.variables))
        if self.verified.script is not None:
            self.script(self.verified.script, around, variables)
        return Plan(
            self.verified,
            self.assembled(),
            tuple(self.bodies),
            tuple(self.counting.names),
            tuple(self.counting.places),
            tuple(self.stages),
            self.counting.counters,
            self.counting.stops,
            self.backup,
            globals_at,
            around.lookups,
            variables,
            layout.top,
        )

    def constant(self, at: Type, value: object) -> Item:
        if at.is_array:
            assert isinstance(value, tuple)
            return Item(at, f"(i32.const {self.layout.array(at, value)})")
        if value is None:
            return Item(at, zero(VALUE[at.kind]), "(i32.const 0)")
        there = "(i32.const 1)" if at.is_optional else ""
        if isinstance(value, str):
            return Item(at, f"(i64.const {self.layout.string(value)})", there)
        assert isinstance(value, int | float)
        return Item(at, number(at.kind, value), there, number=value)

    # --- bodies

    def writer(
        self,
        code: VerifiedCode,
        around: Surroundings,
        parameters: int,
        read_at_end: tuple[int, ...] = (),
    ) -> BodyWriter:
        shape = shape_of(code.code, parameters, read_at_end)
        instructions = code.code.instructions
        if sum(instructions[at].operation in LOOPS for at in shape.frames) > MOST_LOOPS:
            raise NotNative("a body has too many loops")
        memory = memory_use(code, around.traits)
        owns = ownership(code, shape, memory, parameters)
        return BodyWriter(len(self.bodies), code, shape, around, memory, owns)

    def keep(self, to: BodyWriter, name: str, text: str, ordered: str = "") -> None:
        self.text += [text, *to.beside]
        lines = tuple(lines_of(to.verified, self.source.line_starts))
        place = line_of(to.verified.code.place, self.source.line_starts)
        self.bodies.append(
            Body(name, to.verified, lines, place, to.counters, to.amounts, ordered=ordered)
        )

    def function(self, function: Function, code: VerifiedCode, around: Surroundings) -> None:
        count = len(function.parameters)
        to = self.writer(code, around, count)
        number_of = to.number
        names = [
            (name, value_type)
            for slot in range(count)
            for name, value_type in zip(
                to.slot_names(slot), value_types(code.code.slots[slot]), strict=True
            )
        ]
        results = value_types(function.result)
        begin(to, dues_of(code, to.shape, -1))
        translate(to)
        body, to.lines = to.lines, []
        settle_function(to)
        fail = fail_of_function(to, results)
        to.locals.setdefault("$left", "i64")
        parameters = " ".join(f"(param {name} {value_type})" for name, value_type in names)
        text = "\n".join(
            [
                f"(func $f{number_of} {parameters} (result {' '.join(results)})",
                to.declarations(frozenset(name for name, _ in names)),
                "(local.set $left (global.get $left))",
                first_tick() if to.dues is not None else "",
                "block $fail" if to.fails else "",
                *body,
                "unreachable",
                *(["end", to.land(), *to.lines, fail] if to.fails else []),
                ")",
            ]
        )
        around.traits.append(Traits(to.fails, to.memory.anywhere))
        self.keep(to, function.name, text)

    def stage(self, stage: Stage, code: VerifiedCode, around: Surroundings) -> None:
        to = self.writer(code, around, len(stage.parameters))
        to.prepaid = 0
        to.in_memory = False
        frame = self.layout.reserve(FRAME_ENTRY * len(stage.parameters))
        outputs = self.layout.reserve(8)
        places = self.layout.reserve(4 * len(stage.emitted.columns))
        text = write_stage(to, stage, frame, outputs, places)
        way = None
        if stage.kind is StageKind.MAP and to.dues is not None:
            way = certain(self.verified.module, code, len(stage.parameters))
        if way is not None:
            text += "\n" + pay_function(to, way.opened)
        ordered = f"z{to.number}ordered" if stage.order_by is not None else ""
        self.stages.append(
            StagePlan(
                frame,
                outputs,
                places,
                used_parameters(to, stage),
                to.charges,
                emits_repeatedly(code.code),
                way,
            )
        )
        self.keep(to, stage.name, text, ordered)

    def script(self, code: VerifiedCode, around: Surroundings, variables: int) -> None:
        slots = tuple(slot for _, slot in self.verified.module.variables)
        to = self.writer(code, around, 0, slots)
        to.in_memory = False
        to.locals["$left"] = "i64"
        begin(to, dues_of(code, to.shape, -1))
        translate(to)
        for place, slot in enumerate(slots):
            item = to.slot(slot)
            address = variables + 16 * place
            for part, (text, value_type) in enumerate(
                zip(item.parts, value_types(item.type), strict=True)
            ):
                where = address + 8 * part
                to.write(f"({value_type}.store (i32.const {where}) {text})")
        body, to.lines = to.lines, []
        to.meter(settle_last(to, to.entries))
        to.flush()
        text = "\n".join(
            [
                '(func (export "script") (param $left i64) (result i64)',
                to.declarations(frozenset({"$left"})),
                first_tick() if to.dues is not None else "",
                "block $through block $fail" if to.fails else "",
                *body,
                f"br $through end {to.land()} end" if to.fails else "",
                *to.lines,
                f"(i32.store (i32.const {FAILED_REASON}) (global.get $failed))",
                "(local.get $left))",
            ]
        )
        self.keep(to, "script", text)

    # --- the whole

    def assembled(self) -> str:
        own = support_text(self.counting.stops, _pages(self.layout.top))
        lines = [*self.text, *_lookup_functions(self.verified), *_string_functions()]
        defined = set(_DEFINED.findall(own)) | {"more"}
        for text in self.text:
            defined |= set(_DEFINED.findall(text))
        called = {name for text in [own, *lines] for name in _CALLED.findall(text)}
        runtime = runtime_text(sorted(called - defined), frozenset({"failed"}))
        data = [f'(data (i32.const {at}) "{_escaped(held)}")' for at, held in self.layout.data]
        if sum(map(len, lines)) > MOST_TEXT:
            raise NotNative("the module is too large")
        return "\n".join(["(module", own, *lines, *data, runtime, ")"])


def _pages(top: int) -> int:
    return (top + 0xFFFF) // 0x10000 + 1


def _escaped(held: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in held)


def _string_functions() -> list[str]:
    """What the machine calls to bring strings out."""
    return [
        '(func (export "packed_bytes") (param $data i32) (param $count i32) (result i64)'
        " (call $packed_bytes (local.get $data) (local.get $count)))",
        '(func (export "gather_strings") (param $data i32) (param $count i32)'
        " (param $offsets i32) (param $bytes i32)"
        " (call $gather_strings (local.get $data) (local.get $count)"
        " (local.get $offsets) (local.get $bytes)))",
    ]


def _lookup_functions(verified: VerifiedModule) -> list[str]:
    """What the machine calls to make a lookup ready."""
    signatures = {
        key_signature(key.type.kind for key in each.keys) for each in verified.module.lookups
    }
    return [
        f'(func (export "build_lookup_{letters}") (param $table i32)'
        f" (call $build_lookup_{letters} (local.get $table)))"
        for letters in sorted(signatures)
    ]
