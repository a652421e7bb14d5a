"""A zip archive with one file in it, read like any other compression."""

from __future__ import annotations

import io
import shlex
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from regcli.errors import DataError, counted, listed, visible

PIECE = 1 << 20


def only_member(packed: IO[bytes], name: str) -> Iterator[bytes]:
    """The bytes of the one file in the archive, in pieces.

    DataError where there are several, or where it is encrypted; ValueError where the archive is damaged. What an
    archive holds is written at its end, so that one from a pipe is held in memory.
    """
    try:
        archive = zipfile.ZipFile(packed if packed.seekable() else io.BytesIO(packed.read()))
        with archive.open(_only(archive, name)) as member:
            while piece := member.read(PIECE):
                yield piece
    except (zipfile.BadZipFile, zlib.error, struct.error, KeyError) as error:
        raise ValueError(visible(str(error))) from None
    except NotImplementedError as error:
        raise ValueError(f"{error}: unzip it by hand") from None


def _only(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [one for one in archive.infolist() if not one.is_dir() and not _is_litter(one.filename)]
    if not members:
        raise DataError(f"{name} is a zip archive without files in it")
    by_hand = f"unzip -p {shlex.quote(name)} {shlex.quote(visible(members[0].filename))} | regcli ... -"
    if len(members) > 1:
        inside = listed([one.filename for one in members])
        raise DataError(f"{name} is a zip archive of {counted(len(members), 'file')}: {inside}", hint=by_hand)
    if members[0].flag_bits & 1:
        raise DataError(f"{name} is an encrypted zip archive", hint=by_hand)
    return members[0]


def _is_litter(name: str) -> bool:
    """What macOS puts beside every file it packs."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] == ".DS_Store"
