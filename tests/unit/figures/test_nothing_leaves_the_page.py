"""Every figure, with short names and with long ones: no text, tick or bar is cut off by the edge of the page."""

import numpy as np
import pytest

from stylealign.figures.attribute_alignment import compose_attribute_alignment
from stylealign.figures.component_reset import compose_component_reset
from stylealign.figures.edit_sheet import compose_edits
from stylealign.figures.family import compose_family
from stylealign.figures.layer_reset import compose_layer_reset
from stylealign.figures.mapping_drift import compose_mapping_drift
from stylealign.figures.model_quality import compose_model_quality
from stylealign.figures.progress import compose_progress
from stylealign.figures.training_curves import compose_training_curves

LONG = "a_painting_of_a_dog"


def test_grids(samples, parents, rename, check):
    check(compose_family, rename(samples), rename(parents), 2)
    check(compose_progress, rename(samples), rename(parents), 2)


def test_resets(component_reset, layer_reset, reset_images, parents, rename, check):
    check(compose_component_reset, rename(component_reset), rename(reset_images), rename(parents), 2)
    check(compose_layer_reset, rename(layer_reset), rename(parents))


def test_comparisons(drift, attribute_alignment, model_quality, ticks, parents, rename, check):
    check(compose_mapping_drift, rename(drift), rename(parents))
    check(compose_attribute_alignment, rename(attribute_alignment), rename(parents))
    check(compose_model_quality, rename(model_quality), rename(parents))
    check(compose_training_curves, rename(ticks), rename(parents))


@pytest.mark.parametrize("edits", [1, 3])
def test_the_sheet_of_edits(edits, check_all):
    pixels = np.zeros([edits, 2, 3, 16, 16, 3], np.uint8)
    titles = ["a direction of W with a long name", "6_12", "b16.conv1:12"][:edits]
    note = f"Steps in deviations of {LONG}; a row a code (seed 0, psi 0.7); 0 is unedited."
    check_all(compose_edits, pixels, titles, (-5.0, 0.0, 5.0), (f"Edits of {LONG}", note))
