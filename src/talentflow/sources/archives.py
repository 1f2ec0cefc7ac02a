"""What JSON document does this file hold, be it plain or inside a zip?

Archives come from the network and are read without trust: nothing is unpacked to disk, names
that climb out of a folder are refused, and no more bytes are produced than the limits allow.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from talentflow.core.errors import InputError

_CHUNK_BYTES: Final = 1 << 20
_ENCRYPTED_FLAG: Final = 0x1
_REFETCH: Final = "download the file again from its publisher"


@dataclass(frozen=True, kw_only=True)
class ArchiveLimits:
    """How much an archive may unpack to. A ROR dump is about 0.3 GB, ten times its zip."""

    max_bytes: int = 4 * 2**30
    max_ratio: float = 250.0
    ratio_free_bytes: int = 16 * 2**20  # small members compress well without being bombs
    max_members: int = 10_000


def read_document(
    path: Path,
    *,
    suffix: str = ".json",
    prefer: Callable[[str], int] | None = None,
    limits: ArchiveLimits | None = None,
) -> tuple[str, bytes]:
    """The name and the bytes of the one document in `path`, a plain file or a zip.

    Of several members that end in `suffix` the one with the highest `prefer(name)` is read,
    the first by name among equals. Raises `InputError` for a missing, unreadable, corrupt,
    encrypted, oversized or deceptive file, or one without such a member.
    """
    limits = limits or ArchiveLimits()
    try:
        if path.suffix.lower() != ".zip":
            return path.name, _read_plain(path, limits)
        with zipfile.ZipFile(path) as archive:
            member = _choose_member(path, archive, suffix, prefer, limits)
            return member.filename, _read_member(path, archive, member, limits)
    except (OSError, EOFError) as error:
        raise InputError(
            f"cannot be read: {error}",
            expected=f"a readable {suffix} file, or a zip holding one",
            where=str(path),
        ) from error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise InputError(
            f"broken zip archive: {error}",
            expected=f"an intact zip holding a {suffix} file",
            where=str(path),
            next_step=_REFETCH,
        ) from error


def _read_plain(path: Path, limits: ArchiveLimits) -> bytes:
    size = path.stat().st_size
    if size > limits.max_bytes:
        raise _too_big(f"{size} bytes", path, limits)
    return path.read_bytes()


def _choose_member(
    path: Path,
    archive: zipfile.ZipFile,
    suffix: str,
    prefer: Callable[[str], int] | None,
    limits: ArchiveLimits,
) -> zipfile.ZipInfo:
    members = archive.infolist()
    if len(members) > limits.max_members:
        raise _too_big(f"{len(members)} members", path, limits)
    for member in members:
        _check_name(path, member.filename)
    fitting = [
        m
        for m in members
        if m.filename.lower().endswith(suffix)
        and not PurePosixPath(m.filename).name.startswith((".", "__MACOSX"))
        and not m.filename.startswith("__MACOSX/")
    ]
    if not fitting:
        raise InputError(
            f"no {suffix} file among {[m.filename for m in members][:5]}",
            expected=f"a zip holding a {suffix} file",
            where=str(path),
            next_step=_REFETCH,
        )
    rank = prefer or (lambda _: 0)
    return min(fitting, key=lambda m: (-rank(m.filename), m.filename))


def _check_name(path: Path, name: str) -> None:
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in (parts.parts or ("",))[0]:
        raise InputError(
            f"zip member named {name!r}",
            expected="member names that stay inside the archive",
            where=str(path),
            next_step="do not use this archive; " + _REFETCH,
        )


def _read_member(
    path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: ArchiveLimits
) -> bytes:
    if member.flag_bits & _ENCRYPTED_FLAG:
        raise InputError(
            f"zip member {member.filename!r} is encrypted",
            expected="an archive without password",
            where=str(path),
            next_step="unpack it yourself and give the .json file",
        )
    ratio_bytes = max(limits.ratio_free_bytes, int(member.compress_size * limits.max_ratio))
    allowed = min(limits.max_bytes, ratio_bytes)
    chunks: list[bytes] = []
    size = 0
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > allowed:
                found = f"member {member.filename!r} unpacks {member.compress_size} bytes to more"
                raise _too_big(f"{found} than {allowed}", path, limits)
            chunks.append(chunk)
    return b"".join(chunks)


def _too_big(found: str, path: Path, limits: ArchiveLimits) -> InputError:
    return InputError(
        f"{found}, too much to be a registry",
        expected=f"at most {limits.max_bytes} bytes and {limits.max_ratio:g} times its zip",
        where=str(path),
        next_step=_REFETCH,
    )
