"""What a ledger refuses, as people need it: the rule, the case at hand, the command that helps."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from totemlang.diagnostics import Refused, TotemError

_COMMANDS: Mapping[str, str] = {
    "LDG100": "`totem ledger functions` lists them",
    "LDG101": "`totem ledger functions NAME` says what each argument is",
    "LDG102": "`totem enrol request NAME@ORGANISATION` with plain names",
    "LDG103": "`totem ledger show` lists the organisations; ask one of the operators",
    "LDG104": "`totem enrol show` says your roles, `totem ledger show` those of your organisation",
    "LDG106": "`totem enrol show` says who you are: give --as FOLDER of its owner",
    "LDG109": "`totem ledger found` founds it",
    "LDG110": "`totem job show` or `totem request show` says where it stands; what is possible "
    "from there is drawn in docs/ledger-states.md",
    "LDG111": "`totem job expire` or `totem request expire` lets it go on",
    "LDG112": "wait for the deadline: `totem job show` or `totem request show` says when",
    "LDG113": "use what is there, or take another name",
    "LDG114": "`totem dataset list`, `totem request list` and `totem job list` say what there is",
    "LDG120": "its owner opens it: `totem account open`",
    "LDG121": "ask an operator: `totem account grant MEMBER TOTEM`; or offer less with --budget",
    "LDG131": "an operator of another organisation approves it",
    "LDG140": "`totemc describe DATA --policy POLICY.json` makes metadata that fits its policy",
    "LDG141": "`totem dataset publish --policy POLICY.json` describes the data under its policy",
    "LDG142": "`totem request open DATASET --purpose …` asks for it, "
    "`totem request list` says where it stands",
    "LDG143": "`totem request open DATASET --purpose …` asks anew",
    "LDG151": "submit the source, or compile it again with `totemc compile`",
    "LDG152": "`totem dataset show DATASET` says what is published of it",
    "LDG153": "--param NAME=VALUE or --params FILE.json gives them",
    "LDG154": "`totem job quote FILE --data DATASET` says what it needs",
    "LDG155": "ask the provider for the missing ceilings, or bound it in the program",
    "LDG170": "the consumer issues another: `totem job code`",
    "LDG171": "a code is good for once: the consumer issues another with `totem job code`",
    "LDG172": "the consumer issues another: `totem job code`",
    "LDG181": "give a charge for every part in its order, none above what was reported",
    "LDG203": "`totem enrol show` says until when it counts; `totem enrol renew`, or enrol anew",
    "LDG205": "it is done: `totem ledger show TRANSACTION` says what came of it",
}
"""The command that helps, by code. Where none is named the rule's own hint stands."""


def explained(error: TotemError) -> TotemError:
    """A refusal of the contract or the chain as findings; any other error as it is."""
    from totemlang.ledger.chain import Rejected
    from totemlang.ledger.client import as_refused
    from totemlang.ledger.contract import Refusal

    if isinstance(error, Refusal):
        rule = error.reason.meaning
    elif isinstance(error, Rejected):
        rule = error.fault.meaning
    else:
        return error
    first, *others = as_refused(error).diagnostics
    message = rule if error.message == rule else f"{rule}: {error.message}"
    first = evolve(first, message=message, hint=_COMMANDS.get(error.code, first.hint))
    return Refused((first, *others))
