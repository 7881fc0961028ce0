"""What lies in a container's file system, as far as anybody looks: put together when somebody does."""

from posixpath import join, normpath, split
from typing import Final

from sim.container import Container

SEARCH_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
RESOLVER: Final = "127.0.0.11"
"""Where a container asks for names."""
_DIRECTORIES: Final = ("bin", "dev", "etc", "home", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var")


class FileSystem:
    """A container's files as they are now: its secrets and configs, and what every engine writes below /etc."""

    def __init__(self, container: Container) -> None:
        self._directory = container.spec.dir or "/"
        self._files: dict[str, bytes] = {
            "/etc/hostname": f"{container.hostname}\n".encode(),
            "/etc/hosts": _hosts(container).encode(),
            "/etc/resolv.conf": _resolver(container).encode(),
        }
        for path, data in container.files.items():
            self._files[self.whole(path)] = data
        self._directories: dict[str, dict[str, None]] = {"/": dict.fromkeys(_DIRECTORIES)}
        for directory in (*(f"/{name}" for name in _DIRECTORIES), self._directory):
            self._add_directory(self.whole(directory))
        for path in self._files:
            directory, name = split(path)
            self._add_directory(directory)
            self._directories[directory][name] = None

    def _add_directory(self, path: str) -> None:
        if path not in self._directories:
            above, name = split(path)
            self._add_directory(above)
            self._directories[above][name] = None
            self._directories[path] = {}

    def read(self, path: str) -> bytes | None:
        """What a file holds; None if there is none at this path, which may begin in the working directory."""
        return self._files.get(self.whole(path))

    def names(self, path: str) -> list[str] | None:
        """What a directory holds, sorted; None if it is none."""
        names = self._directories.get(self.whole(path))
        return sorted(names) if names is not None else None

    def inside(self, directory: str, name: str) -> str:
        """The path of what a directory holds."""
        return join(self.whole(directory), name)

    def whole(self, path: str) -> str:
        """The same path from the root on."""
        return "/" + normpath(join(self._directory, path)).lstrip("/")


def environment(container: Container) -> dict[str, str]:
    """The variables that every process in the container begins with."""
    variables = {"PATH": SEARCH_PATH, "HOSTNAME": container.hostname}
    for entry in container.spec.env:
        name, _, value = entry.partition("=")
        variables[name] = value
    variables.setdefault("HOME", "/root")
    return variables


def known_hosts(container: Container) -> dict[str, str]:
    """Addresses by the names that the container knows without asking: what its /etc/hosts says."""
    known: dict[str, str] = {}
    for line in _hosts(container).splitlines():
        address, *names = line.split()
        for name in names:
            if ":" not in address:
                known.setdefault(name, address)
    return known


def _hosts(container: Container) -> str:
    lines = ["127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback"]
    lines += ["\t".join(entry.split()) for entry in container.spec.hosts if entry.strip()]
    lines += [f"{address}\t{container.hostname}" for address in container.addresses.values()]
    return "".join(f"{line}\n" for line in lines)


def _resolver(container: Container) -> str:
    spec = container.spec
    lines = [f"nameserver {RESOLVER}"]
    if spec.dns_search:
        lines.append(f"search {' '.join(spec.dns_search)}")
    given = [option for option in spec.dns_options if option.startswith("ndots:")]
    lines.append(" ".join(("options", *spec.dns_options, *(() if given else ("ndots:0",)))))
    return "".join(f"{line}\n" for line in lines)
