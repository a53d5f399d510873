"""Textures: the shape's rows are the source's, the rest is random and the same for every source."""

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.codes import read_codes
from stylealign.editing.source_images import read_images
from stylealign.editing.textures import texture_pictures
from stylealign.editing.translate import render, render_ws, ws_of_codes
from stylealign.errors import CodesError, LineageError
from stylealign.latents import sample_z

PROTOCOL = {"direction": "parent2child", "method": "z_opt", "num_styles": 4, "truncation_psi": 0.7, "seed": 0}


@pytest.fixture(scope="module")
def ends(relatives, inverted):
    return relatives["parent"], relatives["child"], inverted("dog", relatives["parent"])


@pytest.fixture(scope="module")
def pictures(ends):
    return texture_pictures(*ends, switch_px=8, num_shown=3, **PROTOCOL)


def test_the_plain_ones_are_the_codes_alone(ends, pictures):
    _, target, sources = ends
    codes = read_codes(sources.codes["z_opt"]).take(range(3))
    np.testing.assert_array_equal(pictures["plain"], render(load_generator(target)[0], codes))
    np.testing.assert_array_equal(pictures["sources"], read_images(sources, codes.image_ids))
    assert (str(pictures["method"]), int(pictures["switch_px"])) == ("z_opt", 8)


def test_below_the_switch_the_source_from_it_on_the_style(ends, pictures):
    _, target, sources = ends
    G, _ = load_generator(target)
    coarse = ws_of_codes(G, read_codes(sources.codes["z_opt"]).take(range(3)))
    fine = G.mapping(sample_z(4, 8, 0, "textures"), truncation_psi=0.7)
    for source in range(3):
        for style in range(4):
            ws = torch.cat([coarse[[source], :1], fine[[style], 1:]], 1)
            image = pictures["styled"][source, style].astype(int)
            np.testing.assert_allclose(image, render_ws(G, [ws])[0].astype(int), atol=1)


def test_at_4_px_nothing_is_the_sources_and_above_all_everything(ends, pictures):
    random = texture_pictures(*ends, switch_px=4, num_shown=3, **PROTOCOL)["styled"]
    np.testing.assert_array_equal(random[0], random[2])
    assert not np.array_equal(random[0, 0], random[0, 1])
    own = texture_pictures(*ends, switch_px=32, num_shown=3, **PROTOCOL)
    np.testing.assert_array_equal(own["styled"][:, 0], own["plain"])
    assert not np.array_equal(pictures["styled"][0], pictures["styled"][2])


def test_more_styles_leave_the_first_alone(ends, pictures):
    more = texture_pictures(*ends, switch_px=8, num_shown=2, **PROTOCOL | {"num_styles": 6})["styled"]
    np.testing.assert_allclose(more[:, :4].astype(int), pictures["styled"][:2].astype(int), atol=1)


def test_refusals(ends, relatives):
    source, target, sources = ends
    with pytest.raises(LineageError):
        texture_pictures(source, relatives["stranger"], sources, switch_px=8, num_shown=3, **PROTOCOL)
    with pytest.raises(CodesError, match="found in another model"):
        texture_pictures(target, source, sources, switch_px=8, num_shown=3, **PROTOCOL)
