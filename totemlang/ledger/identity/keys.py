"""Private keys and signatures: ECDSA on P-256 with SHA-256, keys in files their owner alone reads.

A signature counts only in its one form (strict DER, the lower of the two possible s), as in
Hyperledger Fabric: nobody can turn a signature into another that is valid for the same text.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from totemlang.diagnostics import UsageError

MAX_KEY_FILE = 16 * 2**10
"""Bytes of a key file."""

MAX_SIGNATURE = 72
"""Bytes of a signature."""

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_ALGORITHM = ec.ECDSA(hashes.SHA256())


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def sign(key: ec.EllipticCurvePrivateKey, text: bytes) -> bytes:
    """The signature of a text: DER with the lower s, at most `MAX_SIGNATURE` bytes."""
    r, s = decode_dss_signature(key.sign(text, _ALGORITHM))
    return encode_dss_signature(r, min(s, _ORDER - s))


def is_signed(key: ec.EllipticCurvePublicKey, signature: bytes, text: bytes) -> bool:
    """Whether a signature is the owner's, in its one valid form."""
    if len(signature) > MAX_SIGNATURE:
        return False
    try:
        r, s = decode_dss_signature(signature)
        if 2 * s > _ORDER or encode_dss_signature(r, s) != signature:
            return False
        key.verify(signature, text, _ALGORITHM)
    except (InvalidSignature, ValueError):
        return False
    return True


def save_key(key: ec.EllipticCurvePrivateKey, path: Path, passphrase: str | None = None) -> None:
    """Write a key to a new file that its owner alone may read (0600), encrypted if a phrase is set.

    Raises:
        UsageError: where the file exists (a key is never overwritten) or cannot be written, or
            the passphrase is empty.
    """
    if passphrase == "":
        raise UsageError("an empty passphrase protects nothing: give one or none at all")
    encryption = (
        serialization.NoEncryption()
        if passphrase is None
        else serialization.BestAvailableEncryption(passphrase.encode())
    )
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    try:
        write_new(path, text, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} exists: a key is never overwritten") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def load_key(path: Path, passphrase: str | None = None) -> ec.EllipticCurvePrivateKey:
    """Read a key, from a file that nobody but its owner may read.

    Raises:
        UsageError: where it cannot be read, others may read it, the passphrase is wrong, or it
            holds no key on P-256.
    """
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise UsageError(f"others may read {path}: protect it with chmod 600")
            text = file.read(MAX_KEY_FILE + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if len(text) > MAX_KEY_FILE:
        raise UsageError(f"{path} is too large for a key")
    try:
        key = serialization.load_pem_private_key(text, passphrase.encode() if passphrase else None)
    except TypeError:
        wanted = "needs a passphrase" if passphrase is None else "has no passphrase"
        raise UsageError(f"{path} {wanted}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path} holds no key, or the passphrase is another") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not is_p256(key.public_key()):
        raise UsageError(f"{path} holds no key on P-256")
    return key


def is_p256(key: object) -> bool:
    """Whether a public key is an elliptic one on P-256."""
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def write_new(path: Path, text: bytes, mode: int) -> None:
    """Write a file that must not exist, whole or not at all, and on the disk when this returns.

    Raises:
        FileExistsError: where it exists.
        OSError: where it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        _write(part, text, mode)
        os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


def replace(path: Path, text: bytes, mode: int) -> None:
    """Write a file that may exist: whoever reads it sees the old text or the new one, whole.

    Raises:
        OSError: where it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        _write(part, text, mode)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _write(part: Path, text: bytes, mode: int) -> None:
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
