"""Options of the commands that make certificates and requests for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Option = Callable[[Callable[..., Any]], Callable[..., Any]]

YEAR, TEN_YEARS = 365, 3650
"""Days that a member's certificate counts, and an authority's, unless told otherwise."""


def days_option(days: int) -> Option:
    """`--days`: how long a certificate counts."""
    return click.option(
        "--days",
        type=click.IntRange(1, 2 * TEN_YEARS),
        default=days,
        show_default=True,
        help="Days that the certificate counts.",
    )


def _written(what: str, metavar: str) -> Option:
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar=metavar,
        help=f"Where to write the {what}; else standard output.",
    )


certificate_option = _written("certificate", "CERT.pem")
request_option = _written("request", "REQUEST")
