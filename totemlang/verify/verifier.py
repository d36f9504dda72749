"""The verifier: a module is judged in one linear pass, whoever made it, and priced anew.

It trusts nothing that the compiler says. What it accepts cannot crash, hang or escape the VM, and
does nothing for free without bound. Everything that is wrong is reported together.
"""

from __future__ import annotations

from functools import lru_cache

from totemlang.bytecode.limits import MAX_CALL_DEPTH
from totemlang.bytecode.module import Function, Global, Module, Stage
from totemlang.check.library import Library
from totemlang.schema.types import Field, Type
from totemlang.source import Source
from totemlang.tables.prices import PriceTable
from totemlang.tables.rules import RuleBook, default_rules
from totemlang.verify.body import Walked, walk_body
from totemlang.verify.chain import Chain
from totemlang.verify.faults import Faults
from totemlang.verify.library_link import (
    callees,
    judge_library,
    library_module,
    own_functions,
)
from totemlang.verify.scope import BodyKind, Scope, domains_of
from totemlang.verify.shape import Shape
from totemlang.verify.verified import VerifiedCode, VerifiedModule


def verify(module: Module, rules: RuleBook, prices: PriceTable, library: Library) -> VerifiedModule:
    """The module with the types and prices of every instruction, under the tables in force.

    Raises:
        Refused: with everything found, up to a number.
    """
    faults = Faults(module.source or Source(""))
    _judge_tables(module, rules, prices, faults)
    shape = Shape(module, rules, faults)
    shape.judge()
    Chain(module, shape, faults).judge()
    if any(found.code == "BYT119" for found in faults.found):
        faults.refuse()
    own = own_functions(module, library)
    bodies = _Bodies(module, rules, prices, faults, library, own)
    initial = tuple(bodies.initial(number, g) for number, g in enumerate(module.globals))
    functions = bodies.functions()
    script = bodies.script()
    stages = tuple(bodies.stage(stage) for stage in module.stages)
    judge_library(module, library, own, faults)
    faults.refuse()
    return VerifiedModule(module, rules, prices, functions, stages, script, initial, library, own)


@lru_cache(maxsize=1024)
def verified_library_function(
    library: Library, prices: PriceTable, name: str, parameter_types: tuple[Type, ...]
) -> VerifiedModule:
    """A function of a library, the last of a module with all it calls, whatever the rules are.

    Raises:
        KeyError: there is no such function.
        Refused: the library is wrong.
    """
    module = library_module(library, name, parameter_types)
    if module is None:
        raise KeyError(name)
    rules, faults = default_rules(), Faults(Source(""))
    own = own_functions(module, library)
    bodies = _Bodies(module, rules, prices, faults, library, (*own[:-1], False))
    functions = bodies.functions()
    faults.refuse()
    return VerifiedModule(module, rules, prices, functions, (), None, (), library, own)


def _judge_tables(module: Module, rules: RuleBook, prices: PriceTable, faults: Faults) -> None:
    if module.rules_hash != rules.hash:
        faults.add(
            "BYT101",
            f"the module was compiled under other rules than those of {rules.name}",
            hint="compile it under the rules in force, or name its rules with --rules",
        )
    if module.prices_hash != prices.hash:
        faults.add(
            "BYT102",
            f"the module was compiled under other prices than those of {prices.name}",
            hint="compile it under the prices in force, or name its prices with --prices",
        )


class _Bodies:
    """Walks through the bodies of a module."""

    def __init__(
        self,
        module: Module,
        rules: RuleBook,
        prices: PriceTable,
        faults: Faults,
        library: Library,
        own: tuple[bool, ...],
    ) -> None:
        self.module, self.rules, self.prices, self.faults = module, rules, prices, faults
        self.library, self.own = library, own
        self.domains = domains_of(rules)

    def initial(self, number: int, known: Global) -> VerifiedCode | None:
        """The initial value of a global, which uses only those before it."""
        if known.initial is None:
            return None
        scope = Scope(
            self.module,
            f"{known.kind.value} {known.field.name}",
            BodyKind.INITIAL,
            self.rules,
            self.prices,
            globals=number,
            columns=(known.field,),
        )
        if known.initial.slots:
            self.faults.add("BYT145", f"{scope.name}: an initial value has no slots")
        return walk_body(known.initial, scope, self.faults).code

    def functions(self) -> tuple[VerifiedCode, ...]:
        """All functions; the chain of calls that one may start is bounded."""
        found: list[VerifiedCode] = []
        depths: list[int] = []
        for number, function in enumerate(self.module.functions):
            walked = self.function(number, function)
            depths.append(1 + max((depths[callee] for callee in walked.called), default=0))
            if depths[-1] == MAX_CALL_DEPTH + 1:
                message = f"function {function.name}: more than {MAX_CALL_DEPTH} calls deep"
                self.faults.add("BYT150", message, function.code.span(0))
            found.append(walked.code)
        return tuple(found)

    def function(self, number: int, function: Function) -> Walked:
        """A function; the code of one that is this node's own has been walked through before."""
        if not self.own[number]:
            return walk_body(function.code, self.function_scope(number, function), self.faults)
        types = tuple([parameter.type for parameter in function.parameters])
        own = verified_library_function(self.library, self.prices, function.name, types)
        walked = own.functions[-1]
        code = VerifiedCode(function.code, walked.steps, walked.blocks)
        return Walked(code, callees(function))

    def function_scope(self, number: int, function: Function) -> Scope:
        """What a function may use; one of the library nothing of the program."""
        library = function.library
        return Scope(
            self.module,
            f"function {function.name}",
            BodyKind.FUNCTION,
            None if library else self.rules,
            self.prices,
            globals=0 if library else len(self.module.globals),
            functions=number,
            parameters=len(function.parameters),
            columns=(Field("result", function.result),),
            domains={} if library else self.domains,
        )

    def script(self) -> VerifiedCode | None:
        """The script, if the module is one."""
        if self.module.script is None:
            return None
        return walk_body(self.module.script, self.main(BodyKind.SCRIPT, "script"), self.faults).code

    def stage(self, stage: Stage) -> VerifiedCode:
        """A map or reduce."""
        scope = self.main(BodyKind.STAGE, f"stage {stage.name}", stage)
        return walk_body(stage.code, scope, self.faults).code

    def main(self, kind: BodyKind, name: str, stage: Stage | None = None) -> Scope:
        """What a script or stage may use: all globals and functions."""
        return Scope(
            self.module,
            name,
            kind,
            self.rules,
            self.prices,
            globals=len(self.module.globals),
            functions=len(self.module.functions),
            parameters=0 if stage is None else len(stage.parameters),
            columns=() if stage is None else stage.emitted.columns,
            domains=self.domains,
        )
