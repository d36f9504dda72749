"""How members and data sets are spelled, held before anything is asked of a ledger."""

from __future__ import annotations

import re

import click

_NAME = r"[A-Za-z0-9._-]{1,64}"
_PLAIN = re.compile(_NAME, re.ASCII)
_MEMBER = re.compile(f"{_NAME}@{_NAME}", re.ASCII)
_DATASET = re.compile(f"{_NAME}/{_NAME}", re.ASCII)


def member_name(text: str) -> str:
    """`ada@lab`. Raises click.BadParameter for any other text."""
    return _held(_MEMBER, text, "a member is NAME@ORGANISATION")


def dataset_name(text: str) -> str:
    """`north/meters`. Raises click.BadParameter for any other text."""
    return _held(_DATASET, text, "a data set is ORGANISATION/NAME: totem dataset list")


def own_dataset_name(text: str) -> str:
    """`meters`: whose it is, the member says. Raises click.BadParameter for any other text."""
    return _held(_PLAIN, text, "1 to 64 letters, digits, `.`, `_` or `-`, without an organisation")


def _held(form: re.Pattern[str], text: str, what: str) -> str:
    if form.fullmatch(text) is None:
        raise click.BadParameter(f"{text!r}: {what}")
    return text
