"""Every figure, with short names and with long ones: no text, tick or bar is cut off by the edge of the page."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from stylealign.figures import style
from stylealign.figures.attribute_alignment import compose_attribute_alignment
from stylealign.figures.channel_fate import compose_channel_fate
from stylealign.figures.channel_maps import compose_channel_maps
from stylealign.figures.channel_overlap import compose_channel_overlap
from stylealign.figures.component_reset import compose_component_reset
from stylealign.figures.edit_sheet import compose_edits
from stylealign.figures.effect_agreement import compose_effect_agreement
from stylealign.figures.family import compose_family
from stylealign.figures.layer_reset import compose_layer_reset
from stylealign.figures.manipulations import compose_manipulations
from stylealign.figures.mapping_drift import compose_mapping_drift
from stylealign.figures.model_quality import compose_model_quality
from stylealign.figures.progress import compose_progress
from stylealign.figures.training_curves import compose_training_curves

LONG = "a_painting_of_a_dog"


def check(compose, *arguments):
    with style.applied():
        sheet = compose(*arguments)
        box = sheet.figure.get_tightbbox(FigureCanvasAgg(sheet.figure).get_renderer()).transformed(
            sheet.figure.dpi_scale_trans
        )
    assert sheet.width <= style.WIDTH_PX
    edges = np.array([box.x0, box.y0, sheet.width - box.x1, sheet.height - box.y1])
    assert (edges >= 0).all(), f"left, bottom, right, top: {edges.round()} px"


def check_apart(compose, *arguments):
    """No two level texts overlap: titles, notes, numbers, names of rows and bars."""
    with style.applied():
        sheet = compose(*arguments)
        renderer = FigureCanvasAgg(sheet.figure).get_renderer()
        sheet.figure.draw(renderer)
        drawn = [axes for axes in sheet.figure.axes if axes.axison]
        ticks = [label for axes in drawn for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
        texts = [*sheet.figure.texts, *(text for axes in sheet.figure.axes for text in axes.texts), *ticks]
        level = [text for text in texts if text.get_text() and not text.get_rotation()]
        boxes = np.array([text.get_window_extent(renderer).extents for text in level])  # [n, x0 y0 x1 y1]
    shared = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    pairs = np.argwhere(np.triu((shared > 1).all(-1), 1))
    assert [(level[a].get_text(), level[b].get_text()) for a, b in pairs] == []


@pytest.fixture(params=["dog", LONG])
def rename(request):
    """The fixtures' model dog under another name."""

    def under_another_name(thing):
        if isinstance(thing, dict):
            swapped = {under_another_name(key): value for key, value in thing.items()}
            return {
                key: under_another_name(value) if isinstance(value, str) else value for key, value in swapped.items()
            }
        if isinstance(thing, str):
            return request.param if thing == "dog" else thing
        return thing.replace("dog", request.param)

    return under_another_name


def test_grids(samples, parents, rename):
    check(compose_family, rename(samples), rename(parents), 2)
    check(compose_progress, rename(samples), rename(parents), 2)


def test_resets(component_reset, layer_reset, reset_images, parents, rename):
    check(compose_component_reset, rename(component_reset), rename(reset_images), rename(parents), 2)
    check(compose_layer_reset, rename(layer_reset), rename(parents))


def test_comparisons(drift, attribute_alignment, model_quality, ticks, parents, rename):
    check(compose_mapping_drift, rename(drift), rename(parents))
    check(compose_attribute_alignment, rename(attribute_alignment), rename(parents))
    check(compose_model_quality, rename(model_quality), rename(parents))
    check(compose_training_curves, rename(ticks), rename(parents))


@pytest.fixture(params=[check, check_apart])
def checked(request):
    return request.param


def test_channels(channel_overlap, channel_fate, channels, evidence, parents, rename, checked):
    checked(compose_channel_overlap, rename(channel_overlap), rename(parents))
    checked(compose_channel_fate, rename(channel_fate), rename(parents))
    tables = dict(zip(rename(dict.fromkeys(channels)), channels.values(), strict=True))
    checked(compose_channel_maps, rename(evidence), tables, rename(parents))


def test_edits(effect_agreement, edited_images, parents, rename, checked):
    checked(compose_effect_agreement, rename(effect_agreement), rename(parents))
    checked(compose_manipulations, rename(edited_images), rename(parents), 1)


@pytest.mark.parametrize("judge", [check, check_apart])
@pytest.mark.parametrize("edits", [1, 3])
def test_the_sheet_of_edits(judge, edits):
    pixels = np.zeros([edits, 2, 3, 16, 16, 3], np.uint8)
    titles = ["a direction of W with a long name", "6_12", "b16.conv1:12"][:edits]
    note = f"Steps in deviations of {LONG}; a row a code (seed 0, psi 0.7); 0 is unedited."
    judge(compose_edits, pixels, titles, (-5.0, 0.0, 5.0), (f"Edits of {LONG}", note))
