"""Sentences that an earlier version stored are read in today's words."""

import pytest

from bot.i18n.translator import Translator
from bot.i18n.update_catalogues import library_sentences
from cumbre.text.reworded import REWORDED
from cumbre.text.sentence import Sentence, sentence_from_json, sentence_to_json
from tests.unit.bot.i18n.test_catalogues import fields


@pytest.fixture(scope="module")
def templates() -> list[str | tuple[str, str]]:
    """All templates of the library; finding them reads every source file."""
    return library_sentences()


@pytest.mark.parametrize(("old", "new"), REWORDED.items())
def test_the_new_template_is_in_use_and_has_the_same_fields(
    old: str, new: str, templates: list[str | tuple[str, str]]
) -> None:
    assert new in templates
    assert old not in templates
    assert fields(old) == fields(new)


def test_a_stored_sentence_is_read_with_its_new_template_and_translated() -> None:
    stored = {"text": "the JPEG has more than {n} layers, which no camera writes: save it anew", "values": {"n": "100"}}
    read = sentence_from_json(stored)
    assert read == "the JPEG has more than 100 layers, which no camera writes: save it again"
    assert isinstance(read, Sentence)
    assert Translator("es").translate(read) != read
    assert sentence_to_json(read)["text"] in REWORDED.values()


def test_a_reworded_sentence_within_another_is_read_too() -> None:
    stored = {"text": "this is no picture: {kind}", "values": {"kind": {"text": "a text", "values": {}}}}
    assert sentence_from_json(stored) == "this is no picture: a text file"
