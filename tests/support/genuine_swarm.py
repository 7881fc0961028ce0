"""A genuine Docker engine of one host, in namespaces of its own: what our API is compared with.

It lives in a network that has one address and no route, with its own mounts (all that it writes is in memory) and
processes: to kill the first of them is to switch the host off, and its mounts go with it. `/etc` is laid over, not
written. What is left then, its network and its cgroups, is removed here.
"""

import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from tiny_image import IMAGES, archive
from unix_http import UnixHttp

ADDRESS: Final = "198.18.0.1"
"""Of the benchmarking range (RFC 2544), as all addresses of this engine: nothing of it could be reached by mistake."""
NEEDED: Final = ("dockerd", "nsenter", "unshare", "setpriv", "ip", "iptables", "busybox")

_PATIENCE_S: Final = 60.0
_NUMBERS: Final = itertools.count(1)
_LOOK_S: Final = 0.05
_CGROUPS: Final = Path("/sys/fs/cgroup")
_HOST: Final = """
set -eu
mount --make-rprivate /
hostname {name}
mount -t tmpfs tmpfs /run
mkdir /run/cgroups /run/etc /run/etc-work
mount --rbind {cgroups} /run/cgroups
mount -t sysfs sysfs /sys
mount --rbind /run/cgroups {cgroups}
umount -l /run/cgroups
mount -t proc proc /proc
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/etc-work overlay /etc
dockerd --host unix://{socket} --data-root /run/data --exec-root /run/docker --pidfile /run/docker.pid \
    --bip 198.18.128.1/24 --default-address-pool base=198.18.192.0/18,size=24 --cgroup-parent /{name} &
wait $!
"""


def why_not() -> str:
    """Why no genuine engine can run here; empty if one can."""
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing:
        return f"a genuine engine needs {', '.join(missing)}: install docker.io, iproute2, iptables, busybox-static"
    return "" if os.geteuid() == 0 else "a genuine engine needs the rights of root"


@contextmanager
def genuine_engine() -> Iterator[Path]:
    """An engine in no swarm that has `tiny_image.IMAGES`; the path of its socket. Several run beside each other."""
    name = f"genuine-{os.getpid()}-{next(_NUMBERS)}"
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder, _network(name):
        socket = Path(folder) / "docker.sock"
        log = Path(folder) / "log"
        with _host(name, socket, log):
            _await_engine(socket, log)
            _import_images(socket)
            yield socket


@contextmanager
def _network(name: str) -> Iterator[None]:
    _run("ip", "netns", "add", name)
    try:
        _run("ip", "-n", name, "link", "set", "lo", "up")
        _run("ip", "-n", name, "link", "add", "eth0", "type", "bridge")
        _run("ip", "-n", name, "address", "add", f"{ADDRESS}/24", "dev", "eth0")
        _run("ip", "-n", name, "link", "set", "eth0", "up")
        yield
    finally:
        _run("ip", "netns", "delete", name)


@contextmanager
def _host(name: str, socket: Path, log: Path) -> Iterator[None]:
    """The engine and all that it starts, until the block ends. `ip netns exec` would hide the cgroups from it."""
    command = f"setpriv --pdeathsig KILL nsenter --net=/run/netns/{name} unshare -m -u -p -f --kill-child sh -c"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [*command.split(), _HOST.format(name=name, socket=socket, cgroups=_CGROUPS)],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            env={**os.environ, "DOCKER_SERVICE_PREFER_OFFLINE_IMAGE": "1"},
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(_PATIENCE_S)
        _remove_cgroups(name)


def _await_engine(socket: Path, log: Path) -> None:
    ends_at = time.monotonic() + _PATIENCE_S
    while time.monotonic() < ends_at:
        try:
            if UnixHttp(socket).send("GET", "/_ping").status == 200:
                return
        except OSError:
            pause()
    raise AssertionError(f"the engine did not come up:\n{log.read_text()}")


def _import_images(socket: Path) -> None:
    for image, script in IMAGES.items():
        repository, _, tag = image.partition(":")
        change = f"CMD {json.dumps(['/bin/sh', '-c', script])}"
        query = urlencode({"fromSrc": "-", "repo": repository, "tag": tag, "changes": change})
        answer = UnixHttp(socket).send("POST", f"/images/create?{query}", archive(), kind="application/x-tar")
        assert answer.status == 200, answer


def _remove_cgroups(name: str) -> None:
    """They can be removed once the kernel has buried the last process in them."""
    ends_at = time.monotonic() + _PATIENCE_S
    while left := [folder for top in _CGROUPS.rglob(name) for folder in (*top.rglob("*/"), top) if folder.is_dir()]:
        assert time.monotonic() < ends_at, left
        for folder in sorted(left, key=lambda each: len(each.parts), reverse=True):
            try:
                folder.rmdir()
            except OSError:
                pause()


def pause() -> None:
    """Let another program get on before it is asked again."""
    threading.Event().wait(_LOOK_S)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
