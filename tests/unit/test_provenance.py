"""Digests: what counts as a change of code and what does not, on a toy package and on our own."""

import ast
import json
import os
import textwrap
from pathlib import Path

import pytest

from stylealign.provenance import (
    canonical_json,
    code_digest,
    describe,
    environment,
    file_sha256,
    listing_digest,
    text_digest,
    told,
)

ROOT = Path(__file__).parents[2]

FILES = {
    "script.py": "from stylealign.room.science import measure\nmeasure()\n",
    "stylealign/__init__.py": "",
    "stylealign/room/__init__.py": '"""A room."""',
    "stylealign/room/science.py": '''
        """Science."""
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from stylealign.room.types_only import T
        def measure():
            """Measure."""
            from stylealign.room import deep
            return deep.FACTOR
    ''',
    "stylealign/room/deep.py": "import stylealign.room.deeper\nfrom stylealign.tables import MEANING\nFACTOR = 3\n",
    "stylealign/room/deeper.py": "class Deep:\n    size = 1\n",
    "stylealign/room/types_only.py": "T = 1\n",
    "stylealign/room/elsewhere.py": "X = 1\n",
    "stylealign/config/__init__.py": "A = 1\n",
    "stylealign/tables.py": "MEANING = 'the mean'\n",
}


@pytest.fixture
def package(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    return tmp_path


def digest(package: Path) -> str:
    return code_digest(package / "script.py", package_root=package)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("script.py", "measure()\n", "measure()  # now\n\n\n"),
        ("stylealign/room/deep.py", "FACTOR = 3", "# three\nFACTOR = (3)"),
        ("stylealign/room/science.py", '"""Measure."""', '"""Measure well."""'),
        ("stylealign/room/science.py", '"""Science."""', '"""Another prose."""'),
        ("stylealign/room/types_only.py", "T = 1", "T = 2"),
        ("stylealign/room/elsewhere.py", "X = 1", "X = 2"),
        ("stylealign/config/__init__.py", "A = 1", "A = 2"),
        ("stylealign/tables.py", "the mean", "the mean of all"),
    ],
)
def test_prose_layout_and_other_rooms_do_not_count(package, file, old, new):
    before = digest(package)
    text = (package / file).read_text()
    assert old in text
    (package / file).write_text(text.replace(old, new))
    assert digest(package) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("script.py", "measure()\n", "measure() + 1\n"),
        ("stylealign/room/science.py", "return deep.FACTOR", "return -deep.FACTOR"),
        ("stylealign/room/deep.py", "FACTOR = 3", "FACTOR = 4"),
        ("stylealign/room/deeper.py", "size = 1", "size = 1.0"),
        ("stylealign/room/deeper.py", "size = 1", "size = None"),
        ("stylealign/room/deeper.py", "size = 1", "length = 1"),
        ("stylealign/room/science.py", "return deep.FACTOR", "return"),
    ],
)
def test_every_edit_of_what_is_reached_counts(package, file, old, new):
    before = digest(package)
    text = (package / file).read_text()
    assert old in text
    (package / file).write_text(text.replace(old, new))
    assert digest(package) != before


def test_a_new_module_counts_once_it_is_imported(package):
    before = digest(package)
    (package / "stylealign/room/new.py").write_text("Y = 1\n")
    assert digest(package) == before
    with (package / "stylealign/room/deeper.py").open("a") as file:
        file.write("from stylealign.room.new import Y\n")
    assert digest(package) != before


def test_the_digest_does_not_know_where_it_lies(package, tmp_path_factory):
    other = tmp_path_factory.mktemp("elsewhere")
    for name in FILES:
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes((package / name).read_bytes())
    assert digest(other) == digest(package)


def test_a_module_by_name_and_one_that_is_not_there():
    assert code_digest("stylealign.seeds") == code_digest(ROOT / "stylealign/seeds.py")
    with pytest.raises(FileNotFoundError, match=r"stylealign\.nowhere"):
        code_digest("stylealign.nowhere")


def test_the_spelling_tells_apart_what_python_tells_apart():
    from stylealign.provenance import _spell

    sources = [
        "a = 1", "a = True", "a = 1.0", "a = '1'", "a = b'1'", "a = None", "a: int", "a: int = 1", "f(a)", "f(a=a)",
        "f(*a)", "f(**a)", "{a: b}", "{**b}", "{a, b}", "[a, b]", "(a, b)", "a[b]", "a[b:]", "a[:b]", "def f(a): 1",
        "def f(*, a): 1", "def f(a, /): 1", "def f(a=1): 1", "async def f(a): 1", "return_ = a", "not a", "-a",
        "for a in b: c", "for a in b: c\nelse: c", "while a: b", "if a: b", "if a: b\nelse: b", "lambda: a", "b = 1",
        "with a: b", "with a as b: b", "import a", "import a as b", "from a import b", "from .a import b", "global a",
        "a if b else c", "a < b < c", "(a < b) < c", "f'{a}'", "f'{a!r}'", "f'{a:b}'",
    ]  # fmt: skip
    spelt = {}
    for source in sources:
        words: list[str] = []
        _spell(ast.parse(source), words)
        assert spelt.setdefault(" ".join(words), source) == source
    assert len(spelt) == len(sources)


def test_training_and_figures_do_not_reach_each_other():
    """A figure's edit must not look like a measure's, nor the other way round."""
    from stylealign import provenance

    def reached(module: str) -> set[str]:
        files, waiting = set(), [provenance._module_file(ROOT, module)]
        while waiting:
            file = waiting.pop()
            if file not in files:
                files.add(file)
                names = provenance._syntax(file, provenance._stamp(file))[1]
                waiting += [path for name in names for path in provenance._reached(ROOT, name)]
        return {file.relative_to(ROOT).parts[1] for file in files}

    assert "training" not in reached("stylealign.figures.family")
    assert "training" not in reached("stylealign.metrics.features")
    assert "figures" not in reached("stylealign.alignment.component_reset")


def test_canonical_json_is_one_text_for_equal_values():
    assert canonical_json({"b": 1, "a": [1, 2.5, None, "é"]}) == '{"a":[1,2.5,null,"é"],"b":1}'
    assert canonical_json({"a": 1, "b": 2}) == canonical_json({"b": 2, "a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_file_sha256(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert file_sha256(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_results_origin_holds_no_clock_and_no_host():
    first = describe(spec="{}", code="0" * 16, judge="embedded", seed=3)
    assert first == describe(spec="{}", code="0" * 16, judge="embedded", seed=3)
    assert first["config_digest"] == text_digest("{}")
    assert {"stylealign", "torch", "numpy", "python", "platform", "code_digest", "judge", "seed"} <= set(first)
    json.dumps(first)


def test_provenance_is_told_the_weightiest_first_and_without_what_is_unknown():
    made = describe(spec='{"num_z":10}', code="c0de", rule="mapping_drift", behind={"models": {"cat": ["a 1", "b 2"]}})
    told_lines = dict(
        told({**made, "parts": {"cat": {"code_digest": "1", "config_digest": "2", "config": {}}}, "more": [1]})
    )
    assert list(told_lines)[:3] == ["rule", "config_digest", "config"]
    assert told_lines["config"] == ["num_z: 10"]
    assert told_lines["models"] == ["cat: a 1 -> b 2"]
    assert told_lines["parts"] == ["cat: code_digest 1, config_digest 2"]
    assert told_lines["more"] == ["1"]
    assert told_lines["made_with"][0].startswith("stylealign ")
    assert not {"judge", "seed"} & set(told_lines)


def test_the_environment_lists_what_is_installed():
    packages = environment()["packages"]
    assert packages["pydantic"].count(".") == 2
    assert list(packages) == sorted(packages, key=str.lower)


@pytest.fixture
def photographs(tmp_path):
    for name in ("a.png", "deep/b.png", "deep/er/c.png"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(b"123")
    return tmp_path / "photos"


def add(folder):
    (folder / "deep/er/d.png").write_bytes(b"1")


def remove(folder):
    (folder / "deep/b.png").unlink()


def rename(folder):
    (folder / "deep/b.png").rename(folder / "deep/z.png")


def grow(folder):
    (folder / "deep/er/c.png").write_bytes(b"1234")


def touch(folder):
    os.utime(folder / "a.png", ns=(1, 1))


@pytest.mark.parametrize("change", [add, remove, rename, grow, touch])
def test_a_listing_sees_what_happens_deep_below(photographs, change):
    before = listing_digest(photographs)
    assert listing_digest(str(photographs)) == before
    change(photographs)
    assert listing_digest(photographs) != before


def test_a_listing_of_files_of_several_folders_and_of_nothing(photographs):
    file = photographs / "a.png"
    before = listing_digest(file)
    assert listing_digest(photographs, photographs / "deep") != listing_digest(photographs)
    file.write_bytes(b"longer")
    assert listing_digest(file) != before
    assert listing_digest() == ""


def test_a_listing_does_not_know_where_it_lies_and_survives_lost_links(photographs):
    (photographs / "lost.png").symlink_to(photographs / "nowhere")
    before = listing_digest(photographs)
    photographs.rename(photographs.with_name("moved"))
    assert listing_digest(photographs.with_name("moved")) == before


def test_told_names_descent_by_arrows_nothing_else_and_the_rest_of_a_long_list_last():
    lines = dict(
        told(
            {
                "models": {"and more, 00": "8 more", "cat": ["face 01", "cat 23"]},
                "config": {"prompts": ["a photo", "a sketch"], "text": "two\nlines", "none": []},
                "parts": {f"{number:02}": {"code_digest": "c0de", "seed": 0} for number in range(40)},
            }
        )
    )
    assert lines["models"] == ["cat: face 01 -> cat 23", "and more, 00: 8 more"]
    assert lines["config"] == ["prompts: a photo, a sketch", 'text: "two\\nlines"', "none: []"]
    assert lines["parts"][0] == "00: code_digest c0de"
    assert lines["parts"][-1].endswith("8 more")
    assert len(lines["parts"]) == 33
