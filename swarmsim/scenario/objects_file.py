"""Objects of a swarm as a file: what a scenario deploys where no Compose file says it, such as a service of no stack.

The file is a `core.compose.stack.Stack` in YAML, field by field: references by name, times in nanoseconds, bytes in
base64, whatever is as it would be by default left out. The stack's `name` is empty for objects of no stack. Unlike a
Compose file it can say everything that an API can ask for; it is written by programs.
"""

from base64 import b64encode
from enum import Enum
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields

from core.compose.stack import Stack
from core.mistakes import DocumentError
from swarmsim.acceptance import check_accepted
from swarmsim.compose_files import read_source
from swarmsim.yaml_source import SourceError, refuse

SUFFIX: Final = ".objects.yaml"


def is_objects_file(name: str) -> bool:
    """By its name alone: nothing in a Compose file has such a one."""
    return name.endswith(SUFFIX)


def read_objects(file: Path) -> Stack:
    """What it declares. Raises SourceError; also for what a swarm would refuse."""
    source = read_source(file)
    refuse(source.mistakes)
    try:
        stack = msgspec.convert(source.data, Stack)
        check_accepted(stack)
    except msgspec.ValidationError as error:
        raise SourceError(source.file, 0, f"is no file of objects: {error}") from None
    except DocumentError as error:
        refuse([SourceError(source.file, 0, str(each)) for each in error.each])
        raise
    return stack


def write_objects(stack: Stack) -> str:
    """The file's text, which `read_objects` reads back as the same."""
    return yaml.safe_dump(_written(stack), sort_keys=False, width=120, allow_unicode=True)


def _written(value: Any) -> Any:
    if isinstance(value, Struct):
        config = value.__struct_config__
        kind = {} if config.tag is None else {str(config.tag_field): config.tag}
        said = {field.name: getattr(value, field.name) for field in fields(value)}
        return kind | {
            field.name: _written(said[field.name])
            for field in fields(value)
            if field.required or said[field.name] != _default(field)
        }
    if isinstance(value, tuple | list):
        return [_written(each) for each in value]
    if isinstance(value, dict):
        return {key: _written(each) for key, each in value.items()}
    if isinstance(value, Enum):
        return value.value
    return b64encode(value).decode() if isinstance(value, bytes) else value


def _default(field: FieldInfo) -> Any:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()
