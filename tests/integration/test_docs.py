"""The documentation that is made from the code is the one of this code."""

from orchestration import dictionary


def test_the_data_dictionary_is_current() -> None:
    """`make docs` writes it."""
    assert dictionary.path().read_text(encoding="utf-8") == dictionary.current_page()
