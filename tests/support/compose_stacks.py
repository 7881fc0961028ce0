"""Compose files in short: the stack, the service or the complaint that a few keys come to."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from core.compose.loader import load
from core.compose.stack import Stack, StackService
from core.mistakes import DocumentError
from core.objects.service import (
    ServiceSpec,
)

FILES = {
    "password.txt": b"open sesame\n",
    "empty.txt": b"",
    "web.env": b'# comment\n\nCOLOR=blue\nQUOTED="as is"\nFROM_CLIENT\n  INDENTED=1\nEMPTY=\n',
    "bad.env": b"GOOD=1\nnot a name=1\n",
}
ENVIRONMENT = {"FROM_CLIENT": "client", "HOME": "/people/me", "N": "3"}


def read_file(path: str) -> bytes:
    if path not in FILES:
        raise FileNotFoundError(2, "No such file or directory", path)
    return FILES[path]


def stack_of(*texts: str, name: str = "shop", environment: Mapping[str, str] = ENVIRONMENT) -> Stack:
    documents = [yaml.safe_load(text) for text in texts]
    return load(documents, read_file, name=name, environment=environment, directory="/srv/shop")


def web(**keys: Any) -> ServiceSpec:
    """The spec of a service with an image and these keys."""
    return service_of({"image": "web:1", **keys}).spec


def service_of(keys: dict[str, Any], **sections: Any) -> StackService:
    [service] = load(
        [{"services": {"web": keys}, **sections}],
        read_file,
        name="shop",
        environment=ENVIRONMENT,
        directory="/srv/shop",
    ).services
    return service


def complaint(keys: dict[str, Any], **sections: Any) -> str:
    with pytest.raises(DocumentError) as refused:
        service_of(keys, **sections)
    return str(refused.value)
