import numpy as np
import pytest

from stylealign import tables
from stylealign.figures import method_columns as columns
from stylealign.figures import style
from stylealign.figures.translations import compose_translations, draw_translations

NAN = float("nan")
PROTOCOLS = {"w_enc": "single-test64-vs-test2000-psi1"}
PROTOCOLS |= dict.fromkeys(("cut", "unpaired"), "single-test100-vs-test2000")
INVERSIONS = ("w_enc", "z_opt", "zplus_opt")


@pytest.fixture
def study(pictures, written):
    """A direction with every kind of column; KID of z_opt lies below zero."""

    def make(target="cat", resolution=16, baselines=("cut",), yaw=0.8):
        methods = [*INVERSIONS, *baselines, "unrelated"]
        kinds = [*["inversion"] * 3, *["baseline"] * len(baselines), "control"]
        shown = {"sources_0": (resolution, 2), "translated_0": (resolution, len(methods), 2)}
        shown |= {"methods_0": methods, "kinds_0": kinds, "image_sets": ["dog"]}
        path = pictures("shown", direction=f"dog2{target}", source_model="dog", target_model=target, **shown)
        kid = {"z_opt": -0.0002, "zplus_opt": 0.02, "samples": 0.003, "source": 0.3, "unrelated": 0.25, "w_enc": NAN}
        rows = [
            {"method": method, "kind": kind, "kid": kid.get(method, 0.05), "fid": 12.345, "yaw_kept": yaw}
            | {"low": kid.get(method, 0.05) - 0.001, "high": kid.get(method, 0.05) + 0.001, "yaw_shuffled": -0.07}
            | {"protocol": PROTOCOLS.get(method, "single-test64-vs-test2000-psi0.7")}
            | {"tone_kept": NAN, "background_kept": NAN, "image_set": "dog", "direction": f"dog2{target}"}
            for method, kind in zip([*methods, "unpaired"], [*kinds, "baseline"], strict=True)
        ]
        floor_and_ceiling = [
            rows[0] | {"method": method, "kind": "control", "kid": kid[method]} for method in ("samples", "source")
        ]
        return [path], written(tables.TRANSLATION, [*rows, *floor_and_ceiling])

    return make


def compose(paths, table):
    with style.applied():
        return compose_translations(paths, table)


def test_columns_stand_in_order_and_kinds_apart(study, drawn_twice, read_png):
    paths, table = study()
    drawn = read_png(drawn_twice(lambda png, pdf: draw_translations(paths, table, png, pdf)))
    sheet = compose(paths, table)
    assert drawn.shape[:2] == (sheet.height, sheet.width)
    where = {text.get_text(): text.get_position()[0] for text in sheet.figure.texts}
    names = ["source", "Z", "Z+", "W", "cut", "unpaired", "unrelated"]
    places = [where[name] for name in names]
    assert places == sorted(places)
    assert np.diff(places).tolist() == [184, 164, 164, 184, 164, 184]
    assert len(sheet.figure.images) == 2 * 6, "unpaired has numbers and no images"
    assert "no pairs" in where


def test_levels_and_points_of_the_chart(study):
    (chart,) = compose(*study()).figure.axes
    assert chart.get_yscale() == "log"
    dashed = [float(line.get_ydata()[0]) for line in chart.lines if line.get_color() == style.VERMILION]
    assert dashed[:2] == pytest.approx([3.0, 300.0])
    low, high = chart.get_ylim()
    points = [line for line in chart.lines if line.get_marker() in "ov"]
    assert [line.get_marker() for line in points] == ["v", "o", "o", "o", "o", "o"], "at or below zero: a triangle"
    assert float(points[0].get_ydata()[0]) == pytest.approx(low)
    known = [float(line.get_ydata()[0]) for line in points if np.isfinite(line.get_ydata()[0])]
    assert all(low <= value <= high for value in [*known, *dashed])


def test_only_what_is_known_is_written(study):
    shown = [text.get_text() for text in compose(*study()).figure.texts]
    assert "yaw kept" in shown
    assert not {"tone kept", "background kept"} & set(shown), "nobody read them"
    assert shown.count("n/a") == 2, "KID and interval of W"
    assert {"\N{MINUS SIGN}0.200", "\N{MINUS SIGN}1.20 to 0.800", "20.0", "19.0–21.0", "12.3"} <= set(shown)
    assert any(text.endswith("shuffled at most 0.07") for text in shown)
    unread = [text.get_text() for text in compose(*study(yaw=NAN)).figure.texts]
    assert not any("kept" in text for text in unread)


def test_the_note_names_each_protocol_once_and_every_psi(study):
    shown = [text.get_text() for text in compose(*study()).figure.texts]
    protocols = "single-test100-vs-test2000; single-test64-vs-test2000, psi 0.7 or 1"
    assert any(text.startswith(f"judge embedded; {protocols}; kept: ") for text in shown), shown


def test_many_methods_break_into_lines_of_one_scale(study):
    paths, table = study(resolution=128, baselines=[f"other_{place}" for place in range(10)])
    sheet = compose(paths, table)
    assert len(sheet.figure.axes) == 2
    assert sheet.figure.axes[0].get_ylim() == sheet.figure.axes[1].get_ylim()
    assert [image.get_size() for image in sheet.figure.images] == [(128, 128)] * len(sheet.figure.images)
    assert len(sheet.figure.images) == 2 * (14 + 2), "the source is repeated in each line"


@pytest.mark.parametrize(("low", "high"), [(0.003, 0.004), (2.0, 9.0), (2.3, 410.0), (0.01, 9e4)])
def test_ticks_are_round_and_few(low, high):
    ticks = columns._round_numbers(low, high)
    assert len(ticks) <= 7
    assert all(low <= tick <= high for tick in ticks)
    assert all(f"{tick:e}"[0] in "1235" and f"{tick:e}"[2:8] == "000000" for tick in ticks)


@pytest.mark.parametrize("target", ["cat", "a_painting_of_a_cat"])
@pytest.mark.parametrize(
    ("resolution", "baselines"), [(16, ()), (32, ("cut", "a_method_with_a_long_name")), (256, ("cut",))]
)
def test_the_page_holds_it(study, target, resolution, baselines, page_is_sound):
    page_is_sound(compose(*study(target, resolution, baselines)))
