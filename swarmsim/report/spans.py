"""Stretches of time in which something held, and the one way to make them: from changes in order of time."""

from collections.abc import Iterable

from msgspec import Struct


class Span(Struct, frozen=True, gc=False):
    """`state` held from `from_ns` until `to_ns`."""

    state: str
    from_ns: int
    to_ns: int


def spans_of(changes: Iterable[tuple[int, str]], end_ns: int) -> tuple[Span, ...]:
    """Each state until the next change; equal neighbours merged, states of no duration and "" left out."""
    spans: list[Span] = []
    state, from_ns = "", 0
    for at_ns, new in (*changes, (end_ns, "")):
        if new == state and at_ns != end_ns:
            continue
        if state and at_ns > from_ns:
            spans.append(Span(state, from_ns, at_ns))
        state, from_ns = new, at_ns
    return _merged(spans)


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in spans:
        if merged and merged[-1].state == span.state and merged[-1].to_ns == span.from_ns:
            merged[-1] = Span(span.state, merged[-1].from_ns, span.to_ns)
        else:
            merged.append(span)
    return tuple(merged)


def state_at(spans: Iterable[Span], at_ns: int) -> str:
    """The state at an instant; "" if there is none."""
    for span in spans:
        if span.from_ns <= at_ns < span.to_ns:
            return span.state
    return ""
