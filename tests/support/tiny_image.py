"""The smallest images that services of tests run: a shell with one thing to do."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from typing import Final

IMAGES: Final[Mapping[str, str]] = {
    "parity:1": "trap 'exit 0' TERM; sleep 100000 & wait",
    "parity:done": "exit 0",
    "parity:failed": "exit 3",
}
"""What containers of each do. A bare `sleep` as the first process of a container would not heed the signal to end."""


def archive() -> bytes:
    """The file system of all of them: BusyBox, linked statically."""
    found = which("busybox")
    assert found is not None
    program = Path(found).read_bytes()
    member = tarfile.TarInfo("bin/busybox")
    member.size, member.mode = len(program), 0o755
    shell = tarfile.TarInfo("bin/sh")
    shell.type, shell.linkname = tarfile.SYMTYPE, "busybox"
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        tar.addfile(member, io.BytesIO(program))
        tar.addfile(shell)
    return written.getvalue()
