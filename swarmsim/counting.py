"""Numbers with their nouns, for every text that a person reads."""


def number(value: float) -> str:
    """With thousands apart: `16,000`."""
    return f"{value:,.0f}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 request`, `2 requests`; the plural is given where it does not end in a mere s."""
    return f"{number(count)} {noun if count == 1 else plural or f'{noun}s'}"
