"""What is told of words that nobody knows."""

from core.suggestions import LISTED, did_you_mean, what_there_is


def test_nothing_is_suggested_for_a_word_like_no_other() -> None:
    assert did_you_mean("zzz", ["image", "init"]) == ""


def test_what_there_is_is_listed_whole_if_nothing_is_near() -> None:
    words = [f"word-{letter}" for letter in "abcdefghi"]
    assert what_there_is("zzz", words) == f"; there are {', '.join(words)}"
    assert what_there_is("zzz", ["only"]) == "; there is only"
    assert what_there_is("zzz", []) == ", nor any other"


def test_of_very_many_words_only_the_first_are_listed() -> None:
    words = [f"word-{number}" for number in range(LISTED + 3)]
    assert what_there_is("zzz", words) == f"; there are {', '.join(words[:LISTED])} and 3 more"
