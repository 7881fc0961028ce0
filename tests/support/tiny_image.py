"""The smallest image that services of tests run: a shell that sleeps until it is told to end."""

import io
import tarfile
from pathlib import Path
from shutil import which
from typing import Final

IMAGE: Final = "parity:1"
START: Final = '["/bin/busybox", "sh", "-c", "trap exit TERM; sleep 100000 & wait"]'
"""Its command, as JSON. A bare `sleep` as the first process of a container would not heed the signal."""


def archive() -> bytes:
    """The file system of the image: BusyBox, linked statically."""
    found = which("busybox")
    assert found is not None
    program = Path(found).read_bytes()
    member = tarfile.TarInfo("bin/busybox")
    member.size, member.mode = len(program), 0o755
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        tar.addfile(member, io.BytesIO(program))
    return written.getvalue()
