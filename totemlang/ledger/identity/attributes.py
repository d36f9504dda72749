"""A member's roles, as a certificate carries them: the attribute extension of Fabric's CA.

The extension (1.2.3.4.5.6.7.8.1) is JSON in UTF-8, `{"attrs": {"totem.role": "provider"}}`; several
roles are joined by commas, sorted. A chaincode reads the same attribute with Fabric's own calls.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509

from totemlang.ledger.canonical import NotCanonical, canonical, parse

ROLES = ("auditor", "consumer", "operator", "provider")
"""What a member may be."""

ATTRIBUTES = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")
"""Where Fabric's CA writes attributes."""

ROLE = "totem.role"
"""The attribute that names a member's roles."""

MAX_ATTRIBUTES = 4096
"""Bytes of the extension."""


def unit(roles: frozenset[str]) -> str:
    """The OU of a certificate, by which Fabric tells who may administer: `admin` or `client`."""
    return "admin" if "operator" in roles else "client"


def encode_roles(name: str, roles: Iterable[str]) -> x509.UnrecognizedExtension:
    """The extension for a member. Raises ValueError for no role or one that is unknown."""
    chosen = frozenset(roles)
    if not chosen or not chosen <= set(ROLES):
        raise ValueError("roles are " + ", ".join(ROLES))
    attributes = {
        "hf.EnrollmentID": name,
        "hf.Type": unit(chosen),
        ROLE: ",".join(sorted(chosen)),
    }
    return x509.UnrecognizedExtension(ATTRIBUTES, canonical({"attrs": attributes}))


def decode_roles(extension: bytes) -> frozenset[str]:
    """The roles that an extension names. Raises ValueError for anything but sorted known roles."""
    try:
        document = parse(extension, MAX_ATTRIBUTES)
    except NotCanonical as error:
        raise ValueError(f"the attributes are {error}") from None
    attributes = document.get("attrs") if isinstance(document, dict) else None
    text = attributes.get(ROLE) if isinstance(attributes, dict) else None
    if not isinstance(text, str):
        raise ValueError(f"there is no attribute {ROLE}")
    roles = text.split(",")
    if not set(roles) <= set(ROLES) or roles != sorted(set(roles)):
        raise ValueError(f"the attribute {ROLE} names an unknown role")
    return frozenset(roles)
