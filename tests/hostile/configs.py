"""Hostile studies: YAML that would run, explode or deceive, and every key of a study given what it cannot be."""

import contextlib
import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cases import ACCEPTED, EITHER, REFUSED, Case, Refused

ROOT = Path(__file__).parents[2]
WORLD = {"source": "world", "world": "face", "num_train": 32, "num_test": 8}
GOOD: dict[str, Any] = {
    "domains": {"face": WORLD, "dog": {**WORLD, "world": "dog"}},
    "models": {
        "face": {"domain": "face", "total_kimg": 1},
        "dog": {"domain": "dog", "parent": "face", "total_kimg": 1},
    },
    "judges": {"embedded": {"kind": "embedded"}},
    "studies": {"model_quality": {"judge": "embedded"}},
}
TEXT = json.dumps(GOOD)  # which is YAML
WRONG = (
    {"no": ["such"]},
    [[["no"]]],
    "\x1b[2Jno\u202e",
    float("nan"),
    -(10**30),
    10**400,
    float("inf"),
    "../../canary\0",
    "n" * 100_000,
)


def cases() -> list[Case]:
    kinds = (
        _tags,
        _bombs,
        _duplicates,
        _bytes,
        _look_alikes,
        _sizes,
        _numbers,
        _shapes,
        _names,
        _paths,
        _lineages,
        _adaptations,
        _types,
    )
    return [case for kind in kinds for case in kind()]


def read(case: Case, folder: Path) -> str:
    """Read the study as the Snakefile does, and lay out what it would make."""
    from stylealign.config import plan
    from stylealign.config.load import read_study
    from stylealign.errors import ConfigError

    name = case.settings.get("file", "study.yaml")
    with contextlib.chdir(folder):
        try:
            study = read_study(name)
        except ConfigError as error:
            raise Refused(str(error)) from error
        slices = [study.resolved_model(model).tracked() for model in study.models]
        made = [*plan.tables(study), *plan.figures(study), *study.as_yaml().splitlines()]
    assert slices
    assert made
    return f"{ACCEPTED} with {len(study.models)} models"


def warm_up() -> None:
    from stylealign.config.load import parse_study

    parse_study(GOOD)


def _case(kind: str, name: str, content: str | bytes, expect: str = REFUSED, file: str = "study.yaml") -> Case:
    def make(folder: Path) -> None:
        (folder / "out").mkdir()
        text = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        (folder / file).write_bytes(text)

    return Case(kind, name, make, expect, {"file": file})


def _tags() -> Iterator[Case]:
    for tag in (
        "!!python/object/apply:os.system ['touch canary']",
        "!!python/object/new:subprocess.Popen [['touch', 'canary']]",
        '!!python/object/apply:builtins.eval [\'__import__("os").system("touch canary")\']',
        "!!python/name:os.system",
        "!!python/module:os",
        "!!python/tuple [1, 2]",
        "!!binary aGVsbG8=",
        "!!set {a, b}",
        "!!omap [a: 1]",
        "!!timestamp 2020-01-01",
        "!include /etc/passwd",
        "!env HOME",
        "!<tag:yaml.org,2002:python/object/apply:os.system> ['touch canary']",
        "! non-specific",
        "!!int text",
        "!!float text",
        "!!bool text",
        "!!null text",
        "!!map text",
        "!!seq text",
        "!!str [a]",
        "!!merge text",
        "!!value text",
    ):
        expect = EITHER if tag == "! non-specific" else REFUSED
        yield _case("tags", tag[:60], TEXT[:-1] + f', "seed": {tag}\n}}', expect)
    yield _case("tags", "on a key", "!!python/name:os.system x: 1\n")
    yield _case("tags", "a directive", "%TAG ! tag:yaml.org,2002:python/\n---\nseed: !name:os.system x\n")
    yield _case("tags", "a directive of YAML 9", "%YAML 9.9\n---\n" + TEXT)


def _bombs() -> Iterator[Case]:
    laughs = "".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 10) if n else 'ha'}]\n" for n in range(12))
    yield _case("aliases", "billion laughs", laughs)
    yield _case("aliases", "billion laughs in a model", laughs + "models: {face: *k11}\n")
    merges = "k0: &k0 {a: 1}\n" + "".join(
        f"k{n}: &k{n} {{<<: [{', '.join([f'*k{n - 1}'] * 9)}]}}\n" for n in range(1, 12)
    )
    yield _case("aliases", "billion merges", merges)
    yield _case("aliases", "itself in a list", "a: &a [*a]\n")
    yield _case("aliases", "itself in a mapping", "a: &a {b: *a}\n")
    yield _case("aliases", "itself merged", "a: &a {<<: *a}\n")
    yield _case("aliases", "itself as a key", "&a {*a : 1}\n")
    yield _case("aliases", "of nothing", "a: *nothing\n")
    yield _case("aliases", "merge of a text", "a: {<<: text}\n")
    yield _case("aliases", "merge of texts", "a: {<<: [text, 1]}\n")
    yield _case("aliases", "twice the same anchor", "a: &a 1\nb: &a 2\nc: *a\n")
    yield _case("aliases", "50000 of one", "a: &a 1\nb: [" + "*a," * 50_000 + "]\n")


def _duplicates() -> Iterator[Case]:
    yield _case("duplicate keys", "at the top", TEXT[:-1] + ', "models": {}}')
    yield _case("duplicate keys", "of a model", TEXT.replace('"dog": {"domain"', '"face": {"domain"'))
    yield _case("duplicate keys", "quoted and not", TEXT[:-1] + ", seed: 1, 'seed': 2}")
    yield _case("duplicate keys", "a number and its text", 'domains: {1: {}, "1": {}}\n')
    yield _case("duplicate keys", "null and its text", 'domains: {null: {}, "None": {}}\n')
    yield _case("duplicate keys", "by an escape", TEXT[:-1] + ', seed: 1, "se\\u0065d": 2}')
    yield _case("duplicate keys", "two documents", TEXT + "\n---\n" + TEXT)
    yield _case("duplicate keys", "with control characters", 'a: {"\\e[2J": 1, "\\e[2J": 2}\n')


def _bytes() -> Iterator[Case]:
    for name, content in {
        "nothing": b"",
        "a comment alone": b"# nothing\n",
        "zero byte": TEXT.encode()[:-1] + b"\0}",
        "control bytes": b"seed: \x1b[2J\x07\n",
        "escape codes in a key": b'"\\e[2J\\a": 1\n',
        "UTF-16": TEXT.encode("utf-16"),
        "UTF-32": TEXT.encode("utf-32"),
        "Latin-1": "seed: caf\xe9\n".encode("latin-1"),
        "half a character": TEXT.encode() + b"\xe2\x82",
        "surrogates": b'seed: "\xed\xa0\x80"\n',
        "escaped surrogates": b'domains: {"\\ud800": {}}\n',
        "noise": bytes(range(256)) * 9,
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(99),
        "a pickle": b"cos\nsystem\n(S'touch canary'\ntR.",
        "HTML": b"<!doctype html><p>404</p>",
        "git-lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        "a merge conflict": b"<<<<<<< HEAD\nseed: 1\n=======\nseed: 2\n>>>>>>> other\n",
        "tabs": b"domains:\n\tface: 1\n",
        "line ends of another kind": b"seed: 1\rmodels: 2\x85domains: 3\xe2\x80\xa8judges: 4\n",
    }.items():
        yield _case("bytes", name, content)
    yield _case("bytes", "byte order mark", b"\xef\xbb\xbf" + TEXT.encode(), ACCEPTED)
    yield Case("bytes", "not there", lambda folder: None, REFUSED, {"file": "nowhere\n\x1b[2J.yaml"})
    yield Case("bytes", "a folder", lambda folder: (folder / "study.yaml").mkdir(), REFUSED)
    yield Case("bytes", "an endless device", lambda folder: None, REFUSED, {"file": "/dev/zero"})
    yield Case("bytes", "a process's memory", lambda folder: None, REFUSED, {"file": "/proc/self/mem"})
    yield Case("bytes", "a name too long", lambda folder: None, REFUSED, {"file": "n" * 9000})
    yield _case("bytes", "a hostile name of its own", "seed: x\n", file="a\n\x1b[2Jb.yaml")


def _look_alikes() -> Iterator[Case]:
    for name, old, new in (
        ("Cyrillic a", '"face"', '"f\u0430ce"'),
        ("Cyrillic o in models", '"models"', '"m\u043edels"'),
        ("zero width", '"models"', '"mod\u200bels"'),
        ("soft hyphen", '"models"', '"mod\u00adels"'),
        ("right to left", '"models"', '"\u202esledom"'),
        ("byte order mark within", '"models"', '"\ufeffmodels"'),
        ("full-width letters", '"models"', '"\uff4dodels"'),
        ("full-width digits", "32", "\uff13\uff12"),
        ("Arabic digits", "32", "\u0663\u0662"),
        ("roman numeral", "32", "\u2169"),
        ("dotless i", '"dog"', '"d\u0131g"'),
        ("ligature", '"face"', '"\ufb00ace"'),
        ("composed otherwise", '"face"', '"fa\u0301ce"'),
        ("no-break space", '"dog"', '"dog\u00a0"'),
        ("a minus that is a dash", "32", "\u22121"),
        ("a tag character", '"dog"', '"dog\U000e0061"'),
        ("upper case", '"dog"', '"Dog"'),
    ):
        yield _case("look-alikes", name, TEXT.replace(old, new, 1))


def _sizes() -> Iterator[Case]:
    yield _case("sizes", "a text of 10 MB", TEXT[:-1] + ', "seed": "' + "x" * 10_000_000 + '"}')
    yield _case("sizes", "a key of 200 KB", TEXT[:-1] + ', "' + "k" * 200_000 + '": 1}')
    yield _case("sizes", "100000 keys", "\n".join(f"k{n}: {n}" for n in range(100_000)))
    yield _case("sizes", "4000 keys", "\n".join(f"modles{n}: {n}" for n in range(4000)))
    yield _case(
        "sizes", "4000 models", json.dumps({**GOOD, "models": {f"m{n}": {"domian": "face"} for n in range(1000)}})
    )
    yield _case("sizes", "10000 brackets", "a: " + "[" * 10_000)
    yield _case("sizes", "10000 brackets and back", "a: " + "[" * 10_000 + "]" * 10_000)
    yield _case("sizes", "10000 braces", "a: " + "{a: " * 10_000)
    for depth in (50, 150, 210, 260, 330, 400, 500):
        yield _case("sizes", f"{depth} deep", TEXT[:-1] + ', "seed": ' + "[" * depth + "]" * depth + "}")
        yield _case("sizes", f"{depth} deep in a model", json.dumps({**GOOD, "models": _nested(depth)}))
    yield _case("sizes", "10000 dashes", "- " * 10_000)
    yield _case("sizes", "10000 question marks", "? " * 10_000)
    yield _case("sizes", "10000 quotes", "a: " + '"' * 10_001)
    yield _case("sizes", "a megabyte of spaces", " " * 1_000_000 + "a: 1")
    yield _case("sizes", "a megabyte of lines", "\n" * 1_000_000 + TEXT, EITHER)
    yield _case("sizes", "a megabyte of comments", "# x\n" * 250_000 + TEXT, EITHER)
    yield _case("sizes", "a long flow without an end", "a: [" + "1, " * 60_000)


def _nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(depth):
        found = {"a": found}
    return found


def _numbers() -> Iterator[Case]:
    for number in (
        "1e999", "-1e999", ".inf", "-.inf", ".nan", "9" * 4000, "9" * 10_000, "-" + "9" * 10_000, "1" + "0" * 100,
        "0x10", "0o17", "0b11", "1_000", "12:30:45", "2020-01-01", "2020-01-01T00:00:00Z", "1e-999", "--1", "+-1",
        "1.5", "-1", "0.1e", "1e", ".", "+", "~", "yes", "NO", "off", "''", "'7'", "1 000", "7;", "7 # seven",
    ):  # fmt: skip
        text = TEXT[:-1] + f",\nseed: {number}\n}}"
        right = ("9" * 4000, "1" + "0" * 100, "7 # seven")
        yield _case("numbers", f"seed {number[:20]} ({len(number)})", text, EITHER if number in right else REFUSED)
    for key, value in (
        ("architecture.w_dim", 10**18), ("architecture.mapping_layers", 10**12), ("architecture.channel_base", 10**30),
        ("training.batch_size", 2**70), ("domains.face.num_train", 10**18), ("models.face.total_kimg", 1e308),
        ("training.sample_kimg", [1e300, 5e-324]), ("samples.num", 10**15), ("models.face.seed", 2**200),
        ("judges.embedded.width", 10**20), ("studies.model_quality.num_gen", 10**25), ("training.lr", 1e300),
        ("training.tick_kimg", 5e-324), ("training.memory_budget_gb", 1e300), ("resolution", 2**62),
    ):  # fmt: skip
        yield _case(
            "numbers", f"{key} of {value:.0e}" if not isinstance(value, list) else key, _with(key, value), EITHER
        )


def _with(dotted: str, value: Any, study: Mapping[str, Any] = GOOD) -> str:
    raw = copy.deepcopy(dict(study))
    *above, last = dotted.split(".")
    part = raw
    for key in above:
        part = part.setdefault(key, {})
    part[last] = value
    return json.dumps(raw)


def _shapes() -> Iterator[Case]:
    for name, text in {
        "a list": "- 1\n- 2\n",
        "a text": "hello\n",
        "a number": "7\n",
        "null": "~\n",
        "a list as a key": "[1, 2]: 3\n",
        "a mapping as a key": "{a: 1}: 3\n",
        "no models": "domains: {face: {source: world, world: face}}\n",
        "models are a list": TEXT.replace('"models": {', '"models": [{').replace('}, "judges"', '}], "judges"'),
        "models are null": _with("models", None),
        "models are a text": _with("models", "face"),
        "a model is null": _with("models.face", None),
        "a model is a list": _with("models.face", ["face"]),
        "a domain is a number": _with("domains.face", 7),
        "a source is a list": _with("domains.face.source", ["world"]),
        "a source is a mapping": _with("domains.face.source", {"world": 1}),
        "a kind is null": _with("judges.embedded.kind", None),
        "studies are a list": _with("studies", ["model_quality"]),
        "a study is a list": _with("studies.model_quality", ["embedded"]),
        "inversion is a text": _with("inversion", "yes"),
        "training is a number": _with("training", 7),
    }.items():
        yield _case("shapes", name, text)


def _names() -> Iterator[Case]:
    for name in (
        "../../canary", "/tmp/canary", "a/b", ".", "..", "", " ", "a b", "a\nb", "a\tb", "\x1b[2J", "{model}",
        "{0.__class__}",
        "%s%n", "*", "[a-z]", "a.*", "(a+)+$", "$(touch canary)", "`touch canary`", "; touch canary", "--help", "~root",
        "CON",
        "nul.txt", "a\\b", "a:b", "\u202eecaf", "\u200b", "fa\u0301ce", "FACE", "Face", "1face", "_face", "a-b", "a.b",
        "a" * 300,
        "a" * 65, "a" * 10_000, "face\n", "None", "null", "true", "7", "constructor", "__class__", "caf\u00e9",
        "\U0001f600",
    ):  # fmt: skip
        expect = ACCEPTED if name == "constructor" else EITHER if name in ("null", "true") else REFUSED
        for section in ("models", "domains", "judges"):
            entry = next(iter(GOOD[section].values()))
            entry = {**entry, "seed": 5} if section == "models" else entry
            text = json.dumps({**GOOD, section: {**GOOD[section], name: entry}})
            yield _case("names", f"{section} {name[:20]!r} ({len(name)})", text, expect)
        yield _case("names", f"parent {name[:20]!r} ({len(name)})", _with("models.dog.parent", name), REFUSED)


def _paths() -> Iterator[Case]:
    folder, zipped = {"source": "folder"}, {"source": "zip"}
    for path in (
        "nowhere", "../../../../nowhere", "", "a\0b", "n" * 300, "n" * 5000, "a/" * 3000, "\x1b[2J", "~/nowhere",
        "$HOME/nowhere", "{path}", "study.yaml/below", "/dev/null", "/dev/zero", "/proc/self/mem", "/proc/self/environ",
        "\ud800",
    ):  # fmt: skip
        said = f"{path[:20]!r} ({len(path)})"
        yield _case(
            "paths", f"folder {said}", _with("domains.cats", {**folder, "path": path}), REFUSED if path else EITHER
        )
        yield _case("paths", f"zip {said}", _with("domains.cats", {**zipped, "path": path}))
        yield _case("paths", f"checkpoint {said}", _with("models.ready", {"domain": "face", "from": path}))
        squeeze = {"kind": "torchvision", "network": "squeezenet1_1", "weights": path}
        is_odd_file = path.startswith("/proc")  # the judge refuses it
        yield _case("paths", f"weights {said}", _with("judges.squeeze", squeeze), EITHER if is_odd_file else REFUSED)
    for url in ("file:///etc/passwd", "ftp://host/x", "javascript:alert(1)", "http://", "//host", "https://h\r\nX: y"):
        download = {"kind": "lpips", "download": {"url": url, "sha256": "0" * 64}}
        expect = EITHER if url.startswith("http") else REFUSED
        yield _case("paths", f"download {url!r}", _with("judges.lpips", download), expect)


def _lineages() -> Iterator[Case]:
    model = {"domain": "face", "total_kimg": 1}
    chain = {f"m{n}": {**model, "parent": f"m{n - 1}"} if n else model for n in range(900)}
    ring = {f"m{n}": {**model, "parent": f"m{(n - 1) % 900}"} for n in range(900)}
    yield _case("lineages", "its own parent", _with("models.face.parent", "face"))
    yield _case("lineages", "a circle of two", _with("models.face.parent", "dog"))
    yield _case("lineages", "a circle of 900", json.dumps({**GOOD, "models": ring}))
    yield _case("lineages", "a chain of 900", json.dumps({**GOOD, "models": chain}), EITHER)
    yield _case("lineages", "a parent that is a list", _with("models.dog.parent", ["face"]))
    yield _case(
        "lineages", "900 roots of one seed", json.dumps({**GOOD, "models": {f"m{n}": model for n in range(900)}})
    )


BY_TEXT: dict[str, Any] = {"clips": {"clip": 1}, "source_text": "a photo of a person", "target_text": "a painting"}
ADAPTED: dict[str, Any] = {
    **GOOD,
    "models": {**GOOD["models"], "red": {"domain": "face", "parent": "face", "adapt": BY_TEXT}},
    "judges": {**GOOD["judges"], "clip": {"kind": "embedded_clip"}, "colours": {"kind": "colour"}},
}


def _adaptations() -> Iterator[Case]:
    """Models adapted from nobody, to nothing, by who cannot read, within regions that are not there."""

    def adapted(name: str, expect: str = REFUSED, **changed: Any) -> Case:
        adapt = {key: value for key, value in {**BY_TEXT, **changed}.items() if value != "@none@"}
        return _case("adaptations", name, _with("models.red.adapt", adapt, ADAPTED), expect)

    def red(name: str, key: str, value: Any) -> Case:
        return _case("adaptations", name, _with(f"models.red.{key}", value, ADAPTED))

    yield adapted("as it should be", ACCEPTED)
    yield red("no parent", "parent", None)
    yield red("its own parent", "parent", "red")
    yield red("a parent that is not there", "parent", "nobody")
    circle = _with("models.face", {"domain": "face", "parent": "red", "adapt": BY_TEXT}, ADAPTED)
    yield _case("adaptations", "a circle of two", circle)
    yield red("trained as well", "total_kimg", 1)
    yield red("finished as well", "from", "study.yaml")
    yield red("of another size", "resolution", 16)
    yield red("nothing said", "adapt", {})
    yield red("a text in place of a section", "adapt", "painting")
    for text in ("", " ", "\t\n", None, 7, ["a painting"], {"a": "painting"}):
        yield adapted(f"source {text!r}", source_text=text)
        yield adapted(f"target {text!r}", target_text=text)
    for clips in (
        {},
        {"nobody": 1},
        {"colours": 1},
        {"embedded": 1},
        {"clip": 0},
        {"clip": -1},
        {"clip": 1e999},
        "clip",
    ):
        yield adapted(f"by {json.dumps(clips)}", clips=clips)
    for key, value in (
        ("num_layers", 0), ("num_layers", 9), ("num_layers", 10**9), ("num_layers", 1.5), ("iterations", 0),
        ("iterations", -3), ("batch_size", 0), ("lr", 0), ("lr", -1), ("style_mixing_prob", 2), ("loss", {}),
        ("loss", {"directional": 0}), ("loss", {"sideways": 1}), ("rules", "mine"), ("templates", "imagenet2"),
        ("templates", ["no place for the text"]), ("templates", ["{} twice {}"]), ("templates", ["{0.__class__}"]),
        ("snapshot_iterations", [10**9]), ("snapshot_iterations", [5, 5]), ("selection", {"num_w": 0}),
        ("images", "."), ("image_domain", "face"), ("num_images", 3),
    ):  # fmt: skip
        yield adapted(f"{key} of {json.dumps(value)[:30]}", **{key: value})
    by_domain = {"source_text": "@none@", "target_text": "@none@"}
    yield adapted("images of a domain", ACCEPTED, **by_domain, image_domain="dog", num_images=4)
    for path in ("nowhere", "study.yaml", "/dev/null", "a\0b", "", "n" * 5000):
        yield adapted(f"images in {path[:20]!r}", **by_domain, images=path)
    for num in (0, 17, 40):
        yield _with_pictures(adapted(f"a folder of {num} images", **by_domain, images="few"), num)
    yield _with_pictures(adapted("a folder of 16 images", ACCEPTED, **by_domain, images="few"), 16)
    for name, num in (("nobody", 4), ("dog", 0), ("dog", 17), ("dog", None), (None, 4)):
        yield adapted(f"{num} images of {name}", **by_domain, image_domain=name, num_images=num)
    hair: dict[str, Any] = {"judge": "embedded", "regions": ["hair"]}
    yield adapted("a region", ACCEPTED, region=hair)
    for key, value in (
        ("judge", "nobody"), ("judge", "colours"), ("judge", "clip"), ("judge", None), ("regions", []),
        ("regions", ["muzzle"]), ("regions", ["hair", "hair"]), ("regions", "hair"), ("regions", [""]),
        ("seen_in", "child"), ("pixel_weight", -1), ("pixel_weight", 1e999), ("perceptual_weight", "much"),
        ("perceptual_judge", "colours"), ("perceptual_judge", "nobody"), ("mask", "hair.png"),
    ):  # fmt: skip
        yield adapted(f"region.{key} of {json.dumps(value)}", region={**hair, key: value})


def _with_pictures(case: Case, num: int) -> Case:
    """``case`` beside a folder ``few`` of ``num`` pictures and something else."""

    def make(folder: Path) -> None:
        case.make(folder)
        (folder / "few").mkdir()
        for name in ("notes.txt", *(f"{place}.png" for place in range(num))):
            (folder / "few" / name).write_bytes(b"")

    return replace(case, make=make)


def _types() -> Iterator[Case]:
    """Every key of a whole study, with what it cannot be."""
    from stylealign.config.load import read_study

    study = read_study(ROOT / "presets" / "full.yaml").canonical()
    for number, (keys, value) in enumerate(_leaves(study)):
        wrong = WRONG[number % len(WRONG)]
        name = f"{'.'.join(keys)} is {str(wrong)[:12]!r}"
        yield _case("wrong types", name, _with_keys(study, keys, wrong), EITHER if _may_be(value, wrong) else REFUSED)


def _may_be(value: Any, wrong: Any) -> bool:
    """Whether a value of the right type was drawn: a text in the place of a text, a large number of a number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (
        value is None
        or value == {}
        or (isinstance(wrong, str) and isinstance(value, str))
        or (is_number and wrong == 10**400)
    )


def _leaves(part: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(part, dict) and part:
        for name, value in part.items():
            yield from _leaves(value, (*keys, name))
    else:
        yield keys, part


def _with_keys(study: Mapping[str, Any], keys: tuple[str, ...], value: Any) -> str:
    raw = copy.deepcopy(dict(study))
    part = raw
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = "@here@"
    shown = {"nan": ".nan", "inf": ".inf"}.get(str(value)) or json.dumps(value)
    return json.dumps(raw).replace('"@here@"', shown)
