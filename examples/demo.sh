#!/usr/bin/env bash
# The peak-hour study, step by step: a quote, a ledger, a run that pays, the balance after it.
# `make demo` calls this with the commands on the PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
state=build/demo
rm -rf "$state"
mkdir -p "$state"
data='examples/data/smart_meters/provider_*.parquet'

say() { printf '\n# %s\n' "$1"; }
run() {
    local shown='$' word
    for word in "$@"; do
        case $word in
            *[*\ ]*) shown+=" '$word'" ;;
            *) shown+=" $word" ;;
        esac
    done
    printf '%s\n' "$shown"
    "$@"
}

say "Half-hourly meters of 100 homes: when is the demand of all together highest? The question:"
run cat examples/peak_hour.totem
say "What it will cost at most, from what is published about the data, before anything runs:"
run totemc estimate examples/peak_hour.totem --data "$data"
say "A ledger of one's own, with an account and totem in it:"
run totem ledger init "$state/mine" --grant 5000000
say "The run: it reserves its budget, pays for what it does, and gets the rest back:"
run totemc run examples/peak_hour.totem --data "$data" --ledger "$state/mine"
say "The balance, what led to it, and the whole ledger held to its rules:"
run totem account show --ledger "$state/mine"
run totem account history --ledger "$state/mine"
run totem ledger verify --ledger "$state/mine"
