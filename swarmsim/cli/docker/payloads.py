"""`swarmsim secret` and `swarmsim config`: what services are given to read."""

import base64
import binascii
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from swarmsim.cli.docker.ages import age, clock_words
from swarmsim.cli.docker.asking import daemon
from swarmsim.cli.docker.client import DaemonError, Json
from swarmsim.cli.docker.groups import group
from swarmsim.cli.docker.inspecting import print_inspected
from swarmsim.cli.docker.label_lines import label_lines, label_text
from swarmsim.cli.docker.natural_order import natural
from swarmsim.cli.docker.options import Filter, Format, InspectFormat, Labels, Pretty, Quiet, filters_of, pairs_of
from swarmsim.cli.docker.several import do_each
from swarmsim.cli.docker.tables import Row, print_list

TemplateDriver = Annotated[
    str, typer.Option("--template-driver", metavar="DRIVER", help="What fills it in for each task; kept, not used.")
]
_HEADERS: Final = {"CreatedAt": "CREATED", "UpdatedAt": "UPDATED"}


def create_secret(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)],
    file: Annotated[str, typer.Argument(metavar="[FILE|-]", show_default=False)] = "",
    driver: Annotated[str, typer.Option("--driver", "-d", metavar="DRIVER", help="Who has it; kept, not used.")] = "",
    labels: Labels = None,
    template_driver: TemplateDriver = "",
) -> None:
    """Store what a file holds, or standard input, for tasks alone to read."""
    if not file and not driver:
        raise DaemonError("either driver or data needs to be specified; name a file, or - for standard input")
    spec = {"Name": name, "Labels": pairs_of(labels)} | _drivers(Driver=driver, Templating=template_driver)
    if file:
        spec["Data"] = _data(file)
    print(daemon(context).post("/secrets/create", spec)["ID"])


def create_config(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)],
    file: Annotated[str, typer.Argument(metavar="FILE|-", show_default=False)],
    labels: Labels = None,
    template_driver: TemplateDriver = "",
) -> None:
    """Store what a file holds, or standard input."""
    spec = {"Name": name, "Labels": pairs_of(labels), "Data": _data(file)} | _drivers(Templating=template_driver)
    print(daemon(context).post("/configs/create", spec)["ID"])


def _data(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise DaemonError(f"error reading from {file}: {error.strerror or error}") from error
    return base64.b64encode(data).decode()


def _drivers(**named: str) -> dict[str, Json]:
    return {place: {"Name": name} for place, name in named.items() if name}


def _lister(kind: str, table: str) -> Callable[..., None]:
    def list_them(
        context: typer.Context, filters: Filter = None, format_text: Format = "", quiet: Quiet = False
    ) -> None:
        found = daemon(context).get(f"/{kind}s", filters=filters_of(filters))
        rows = (_row(kind, each) for each in sorted(found, key=lambda each: natural(each["Spec"]["Name"])))
        print_list(rows, table, _HEADERS, format_text, quiet=quiet)

    list_them.__doc__ = f"List the {kind}s of the swarm."
    return list_them


def _inspector(kind: str, details: Callable[[Json], str]) -> Callable[..., None]:
    def inspect(
        context: typer.Context,
        names: Annotated[list[str], typer.Argument(metavar=f"{kind.upper()}...", show_default=False)],
        format_text: InspectFormat = "",
        pretty: Pretty = False,
    ) -> None:
        asked = daemon(context)
        read = lambda name: asked.get(f"/{kind}s/{name}")  # noqa: E731
        print_inspected(names, read, format_text, pretty=details if pretty else None)

    inspect.__doc__ = f"Show everything about {kind}s."
    return inspect


def _remover(kind: str) -> Callable[..., None]:
    def remove(
        context: typer.Context,
        names: Annotated[list[str], typer.Argument(metavar=f"{kind.upper()}...", show_default=False)],
    ) -> None:
        asked = daemon(context)

        def remove_one(name: str) -> None:
            asked.delete(f"/{kind}s/{name}")
            print(name)

        do_each(names, remove_one)

    remove.__doc__ = f"Remove {kind}s that no service uses."
    return remove


def _row(kind: str, found: Json) -> Row:
    spec: Mapping[str, Any] = found["Spec"]
    row = {
        "ID": found["ID"],
        "Name": spec["Name"],
        "CreatedAt": age(found["CreatedAt"]),
        "UpdatedAt": age(found["UpdatedAt"]),
        "Labels": label_text(spec.get("Labels")),
    }
    return row | ({"Driver": (spec.get("Driver") or {}).get("Name", "")} if kind == "secret" else {})


def _secret_details(secret: Json) -> str:
    spec = secret["Spec"]
    return "\n".join(
        [
            f"ID:              {secret['ID']}",
            f"Name:              {spec['Name']}",
            *label_lines(spec.get("Labels")),
            f"Driver:            {(spec.get('Driver') or {}).get('Name', '')}",
            f"Created at:        {clock_words(secret['CreatedAt'])}",
            f"Updated at:        {clock_words(secret['UpdatedAt'])}",
        ]
    )


def _config_details(config: Json) -> str:
    spec = config["Spec"]
    try:
        data = base64.b64decode(spec.get("Data") or "").decode(errors="replace")
    except binascii.Error:
        data = ""
    return "\n".join(
        [
            f"ID:\t\t\t{config['ID']}",
            f"Name:\t\t\t{spec['Name']}",
            *label_lines(spec.get("Labels")),
            f"Created at:            \t{clock_words(config['CreatedAt'])}",
            f"Updated at:            \t{clock_words(config['UpdatedAt'])}",
            "Data:",
            data,
        ]
    )


SECRET: Final = group(
    "secret",
    "Manage what tasks alone may read, as docker secret does.",
    {
        "create": create_secret,
        "ls|list": _lister("secret", r"{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.CreatedAt}}\t{{.UpdatedAt}}"),
        "inspect": _inspector("secret", _secret_details),
        "rm|remove": _remover("secret"),
    },
)
CONFIG: Final = group(
    "config",
    "Manage files for services, as docker config does.",
    {
        "create": create_config,
        "ls|list": _lister("config", r"{{.ID}}\t{{.Name}}\t{{.CreatedAt}}\t{{.UpdatedAt}}"),
        "inspect": _inspector("config", _config_details),
        "rm|remove": _remover("config"),
    },
)
