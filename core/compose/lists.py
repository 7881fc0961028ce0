"""The forms in which Compose lets one write lists and mappings of text."""

import shlex

from core.document import Value


def pairs(value: Value) -> dict[str, str | None]:
    """A mapping, or a list of `key=value`; None where only the key is written."""
    if value.is_list:
        found: dict[str, str | None] = {}
        for item in value.items():
            key, equals, text = item.scalar_text().partition("=")
            found[key] = text if equals else None
        return found
    if not value.is_mapping and not value.is_null:
        value.fail_type("a mapping or a list of key=value")
    return {key: None if entry.is_null else entry.scalar_text() for key, entry in value.mapping().items()}


def labels(value: Value) -> dict[str, str]:
    """Pairs, where a key alone has an empty value."""
    return {key: text or "" for key, text in pairs(value).items()}


def one_or_more(value: Value) -> tuple[str, ...]:
    """A text, or a list of them."""
    if value.is_text:
        return (value.text(),)
    return tuple(item.scalar_text() for item in value.items())


def texts(value: Value) -> tuple[str, ...]:
    """A list of different texts."""
    found = tuple(item.text() for item in value.items())
    for item in value.items():
        if found.count(item.text()) > 1:
            item.fail(f"{item.text()!r} is written twice")
    return found


def command_words(value: Value) -> tuple[str, ...]:
    """A command as a list of words, or as text that is split as a shell would."""
    if not value.is_text:
        return tuple(item.scalar_text() for item in value.items())
    try:
        return tuple(shlex.split(value.text()))
    except ValueError as error:
        value.fail(f"cannot be split into words: {str(error).lower()}")
