"""Where a result comes from: checksums of inputs, of rules and of the code itself."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

_CHUNK_BYTES: Final = 1 << 20
_CODE_SUFFIXES: Final = {".py", ".csv", ".toml", ".json"}


def checksum_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def checksum_value(value: Any) -> str:
    """SHA-256 of a plain value (numbers, text, lists, dictionaries), independent of key order."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=64)
def checksum_code(*layers: str) -> str:
    """SHA-256 over the files of these layers of the package: a changed rule is a changed key."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for layer in sorted(set(layers)):
        for path in sorted((package / layer).rglob("*")):
            if path.suffix in _CODE_SUFFIXES and path.is_file():
                digest.update(str(path.relative_to(package)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
