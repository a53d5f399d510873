import matplotlib
import pytest

from stylealign.figures import style


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in matplotlib.colors.to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colormap", [style.SEQUENTIAL, style.DIVERGING])
@pytest.mark.parametrize("position", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
def test_numbers_can_be_read_on_every_cell(colormap, position):
    assert contrast(style.ink_on(colormap, position), colormap(position)) > 3.5


def test_a_model_added_at_the_end_repaints_nobody():
    names = [f"model{n}" for n in range(20)]
    before, after = style.model_colours(names[:-1]), style.model_colours(names)
    assert all(before[name] == after[name] for name in before)
    dashes = style.model_line_styles(names)
    assert len({(after[name], str(dashes[name])) for name in names}) == 20


def test_the_look_ends_with_the_block():
    before = dict(matplotlib.rcParams)
    with style.applied():
        assert matplotlib.rcParams["axes.titleweight"] == "bold"
    assert dict(matplotlib.rcParams) == before
