"""Elements of HTML and SVG as text. What is not markup already is escaped: no name can break out of its place."""

from html import escape


class Markup(str):
    """Text that is markup: made by `element` and `joined` only."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: object) -> Markup:
    """One element. `class_` loses its underscore, `data_x` gets a dash; an attribute that is None is left out."""
    written = "".join(
        f' {_attribute(key)}="{escape(_value(value))}"' for key, value in attributes.items() if value is not None
    )
    if not children and name in _EMPTY:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: str, by: str = "") -> Markup:
    """Several pieces after each other; plain text among them escaped."""
    return Markup(by.join(child if isinstance(child, Markup) else escape(child) for child in children))


_EMPTY = frozenset({"rect", "line", "path", "circle", "br", "meta", "use"})


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-") if key not in _CAMEL else _CAMEL[key]


_CAMEL = {
    "view_box": "viewBox",
    "pattern_units": "patternUnits",
    "pattern_transform": "patternTransform",
}


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)
