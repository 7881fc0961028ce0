"""Flags as programs in Go take them: `--detach=false`, which the commands here call `--no-detach`."""

from collections.abc import Iterator
from typing import Any, Final

from typer.core import TyperCommand, TyperOption

_TRUE: Final = ("1", "t", "true")
_FALSE: Final = ("0", "f", "false")


class GoCommand(TyperCommand):
    """Takes its switches with a value, too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        switches = {
            word: option
            for option in self.params
            if isinstance(option, TyperOption) and option.is_flag
            for word in option.opts
        }
        return super().parse_args(ctx, list(_plain(args, switches)))


def _plain(args: list[str], switches: dict[str, TyperOption]) -> Iterator[str]:
    for at, argument in enumerate(args):
        if argument == "--":
            yield from args[at:]
            return
        word, equals, value = argument.partition("=")
        if not equals or word not in switches:
            yield argument
        elif value.lower() in _TRUE:
            yield word
        elif value.lower() in _FALSE:
            yield from switches[word].secondary_opts[:1]
        else:
            yield argument
