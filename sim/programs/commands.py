"""The commands that wait for nothing."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sim.file_system import RESOLVER
from sim.programs.inside import Inside

Command = Callable[[Inside, Sequence[str]], int]
"""Told its arguments, it does its work at once and returns its exit code."""
_ADDRESS: Final = re.compile(r"\d+(\.\d+){3}")


def is_address(host: str) -> bool:
    """Whether this is an IPv4 address, and no name."""
    return _ADDRESS.fullmatch(host) is not None


def _echo(inside: Inside, arguments: Sequence[str]) -> int:
    if arguments[:1] == ["-n"]:
        inside.pour(" ".join(arguments[1:]).encode())
    else:
        inside.say(" ".join(arguments))
    return 0


def _true(inside: Inside, arguments: Sequence[str]) -> int:
    return 0


def _false(inside: Inside, arguments: Sequence[str]) -> int:
    return 1


def _cat(inside: Inside, arguments: Sequence[str]) -> int:
    code = 0
    for path in arguments:
        data = inside.files.read(path)
        if data is not None:
            inside.pour(data)
            continue
        code = 1
        if inside.files.names(path) is not None:
            inside.complain("cat: read error: Is a directory")
        else:
            inside.complain(f"cat: can't open '{path}': No such file or directory")
    return code


def _ls(inside: Inside, arguments: Sequence[str]) -> int:
    """Always one name a line, as where no terminal is."""
    options = "".join(each[1:] for each in arguments if each.startswith("-"))
    paths = [each for each in arguments if not each.startswith("-")] or ["."]
    code = 0
    for path in paths:
        names = inside.files.names(path)
        if names is None and inside.files.read(path) is None:
            inside.complain(f"ls: {path}: No such file or directory")
            code = 1
            continue
        if len(paths) > 1 and names is not None:
            inside.say(f"{path}:")
        for name in [path] if names is None else names:
            inside.say(_listed(inside, path if names is None else inside.files.inside(path, name), name, options))
    return code


def _listed(inside: Inside, path: str, name: str, options: str) -> str:
    if "l" not in options:
        return name
    data = inside.files.read(path)
    mode, size = ("drwxr-xr-x", 4096) if data is None else ("-r--r--r--", len(data))
    return f"{mode}    1 root     root     {size:>9} Jan  1 00:00 {name}"


def _env(inside: Inside, arguments: Sequence[str]) -> int:
    for name, value in inside.environment.items():
        inside.say(f"{name}={value}")
    return 0


def _printenv(inside: Inside, arguments: Sequence[str]) -> int:
    if not arguments:
        return _env(inside, arguments)
    found = [inside.environment[name] for name in arguments if name in inside.environment]
    for value in found:
        inside.say(value)
    return 0 if len(found) == len(arguments) else 1


def _hostname(inside: Inside, arguments: Sequence[str]) -> int:
    if list(arguments) in (["-i"], ["-I"]):
        inside.say(" ".join(inside.container.addresses.values()) or "127.0.0.1")
    else:
        inside.say(inside.container.hostname)
    return 0


def _nslookup(inside: Inside, arguments: Sequence[str]) -> int:
    names = [each for each in arguments if not each.startswith("-")]
    if not names:
        inside.complain("Usage: nslookup HOST")
        return 1
    inside.say(f"Server:\t\t{RESOLVER}\nAddress:\t{RESOLVER}:53\n")
    addresses = inside.resolve(names[0])
    if not addresses:
        inside.say(f"** server can't find {names[0]}: NXDOMAIN\n")
        return 1
    inside.say("Non-authoritative answer:")
    for address in addresses:
        inside.say(f"Name:\t{names[0]}\nAddress: {address}")
    inside.say("")
    return 0


COMMANDS: Final[Mapping[str, Command]] = {
    "cat": _cat,
    "echo": _echo,
    "env": _env,
    "false": _false,
    "hostname": _hostname,
    "ls": _ls,
    "nslookup": _nslookup,
    "printenv": _printenv,
    "true": _true,
    ":": _true,
}
