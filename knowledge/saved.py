"""The trained table as a file: written whole or not at all, believed only when intact and current.

The file is a SHA-256 of all that follows, then the fingerprint of what it was trained from, then
numpy's arrays. Anything else — damaged, cut short, of other data or code — reads as absent.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]

DIGEST = hashlib.sha256().digest_size


def fingerprint(files: Iterable[Path]) -> bytes:
    """Digest names and contents of the files, in the order given."""
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes() if path.exists() else b""
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.digest()


def read_arrays(path: Path, mark: bytes) -> Arrays | None:
    """Return the arrays saved under this fingerprint, or None where there are none to trust."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    body = content[DIGEST:]
    if hashlib.sha256(body).digest() != content[:DIGEST] or body[:DIGEST] != mark:
        return None
    with np.load(io.BytesIO(body[DIGEST:]), allow_pickle=False) as stored:
        return dict(stored)


def write_arrays(path: Path, mark: bytes, arrays: Arrays) -> bool:
    """Save under this fingerprint; False where the folder cannot be written (nothing is left)."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    body = mark + buffer.getvalue()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(body).digest() + body)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        return False
    return True
