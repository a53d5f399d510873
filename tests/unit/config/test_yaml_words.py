"""YAML as the study's description needs it."""

import pytest

from stylealign.config.yaml_file import parse_yaml, read_yaml
from stylealign.errors import ConfigError


def refused(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "x.yaml")
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("off", "off"),
        ("yes", "yes"),
        ("true", True),
        ("1e-3", 0.001),
        ("1.", 1.0),
        ("-3", -3),
        ("012", 12),
        ("1_000", "1_000"),
        ("2020-01-01", "2020-01-01"),
        ("12:30", "12:30"),
        ("null", None),
        ("", None),
        ("[1, .5, a]", [1, 0.5, "a"]),
    ],
)
def test_words_mean_what_yaml_1_2_says(text, value):
    found = parse_yaml(f"key: {text}\n", "x.yaml")["key"]
    assert found == value
    assert type(found) is type(value)


def test_every_duplicate_key_is_named_with_its_line():
    assert refused("a: 1\na: 2\nb: {c: 1, c: 3}\n") == [
        "line 2: the key 'a' is given twice; keep one",
        "line 3: the key 'c' is given twice; keep one",
    ]


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [ls]", "!!set {a}", "!!binary aGk=", "!mine 3"])
def test_tags_are_refused(tag):
    (line,) = refused(f"key: {tag}\n")
    assert "tags are not read here" in line


@pytest.mark.parametrize("value", ["!!int text", "!!float x", "!!bool x", "!!map x", "!!seq x", "9" * 5000])
def test_what_is_not_of_its_kind_is_a_line_with_its_place(value):
    (line,) = refused(f"seed: 1\nkey: {value}\n")
    assert line.startswith(("line 2, column 6: is no ", "line 2, column 6: expected a "))


@pytest.mark.parametrize(
    ("text", "said"), [("a: \x1b[2J", "4 is 0x1b"), ("a: b\0", "5 is 0x0"), ("\ud800", "1 is 0xd800")]
)
def test_a_character_that_no_text_has_is_named_with_its_place(text, said):
    assert refused(text) == [f"character {said}, which no text has; remove it"]


def test_files_of_absurd_length_are_not_read(tmp_path):
    (tmp_path / "long.yaml").write_text("a: " + "x" * 400_000)
    with pytest.raises(ConfigError, match="has more than 300,000 bytes"):
        read_yaml(tmp_path / "long.yaml")
    with pytest.raises(ConfigError, match="has more than 300,000 bytes"):
        read_yaml("/dev/zero")
    assert "has more than 10000 values" in refused("\n".join(f"k{n}: {n}" for n in range(6000)))[0]


def test_aliases_are_read_and_bombs_are_not():
    assert parse_yaml("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: *a\n", "x.yaml")["b"] == {"x": 1, "y": 2}
    bomb = "".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 10) if n else 1}]\n" for n in range(9))
    assert "unfold to more than" in refused(bomb)[0]
    assert "unfold to more than" in refused("a: &a [*a]\n")[0]


@pytest.mark.parametrize("text", ["a: [", "- 1", "\ta: 1", "a: 1\n---\nb: 2\n", "? [1]\n: 2\n", "a: " + "[" * 5000])
def test_what_is_not_one_mapping_is_refused_in_one_line(text):
    (line,) = refused(text)
    assert "\n" not in line


def test_a_file_that_cannot_be_read(tmp_path):
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\n")
    for name in ("none.yaml", "latin.yaml"):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_yaml(tmp_path / name)
