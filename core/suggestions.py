"""What to tell of a word that nobody knows: the one that was probably meant, and which there are."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

LISTED: Final = 16
LISTED_AFTER_SUGGESTION: Final = 6
"""How many of the words that are possible a message about another one lists at most."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: the nearest known one, if any is near."""
    found = nearest(word, known)
    return f"; did you mean {found!r}?" if found else ""


def what_there_is(word: str, known: Iterable[str]) -> str:
    """Likewise, and then what is known: of many words only the first, fewer where one of them was probably meant."""
    known = tuple(dict.fromkeys(known))
    if not known:
        return ", nor any other"
    suggestion = did_you_mean(word, known)
    listed_count = LISTED_AFTER_SUGGESTION if suggestion else LISTED
    rest = f" and {len(known) - listed_count} more" if len(known) > listed_count else ""
    listed = f"{'is' if len(known) == 1 else 'are'} {', '.join(known[:listed_count])}{rest}"
    return f"{suggestion} There {listed}" if suggestion else f"; there {listed}"


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like this one; empty if none is like it."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return found[0] if found else ""
