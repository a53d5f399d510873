"""Inversion by an encoder: codes, what they give back, and whose codes they are."""

import dataclasses

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.encoders import EncoderCard
from stylealign.errors import CodesError
from stylealign.images import to_net, to_pixels
from stylealign.inversion.encode import encode, refuse_other_generator
from stylealign.latents import sample_z, torch_stream
from stylealign.networks.encoder import Encoder
from stylealign.networks.spaces import code_shape, styles_of

SPACES = ("z", "zplus", "w", "wplus")


def encoder_of(G, space):
    torch.manual_seed(0)
    sizes = {"img_resolution": G.img_resolution, "num_ws": G.num_ws, "z_dim": G.z_dim, "w_dim": G.w_dim}
    encoder = Encoder(space=space, width=4, **sizes)
    encoder.stand_at(G.mapping, sample_z(64, G.z_dim, 0, "test"))
    for head in encoder.heads.values():
        torch.nn.init.normal_(head.weight, std=0.3)
    return encoder.eval().requires_grad_(False)


def pictures(num, side=16):
    return torch.randint(0, 256, [num, 3, side, side], generator=torch_stream(0, "pictures"), dtype=torch.uint8)


@pytest.mark.parametrize("space", SPACES)
def test_what_is_found_is_the_encoders_code_and_its_image(family, judge, space):
    G, pixels = load_generator(family["parent"])[0], pictures(5)
    found = encode(G, judge, pixels, encoder_of(G, space), truncation_psi=0.7)
    code = encoder_of(G, space)(to_net(pixels))
    given_back = to_pixels(G.synthesis(styles_of(G, space, code, 0.7)))
    assert found.code.shape == (5, *code_shape(G, space))
    assert torch.allclose(found.code, code, atol=1e-6)
    assert (found.pixels.int() - given_back.int()).abs().max() <= 1
    assert np.allclose(found.distance, judge.distance(pixels, given_back), atol=1e-3)
    off = pixels.double().numpy() - given_back.double().numpy()
    assert np.allclose(found.pixel, np.sqrt((off**2).mean((1, 2, 3))), rtol=1e-2)
    assert found.steps.tolist() == [0] * 5
    assert (found.seconds > 0).all()


def test_an_image_is_encoded_alike_in_any_company(family, judge):
    G, pixels = load_generator(family["parent"])[0], pictures(6)
    encoder = encoder_of(G, "wplus")
    together = encode(G, judge, pixels, encoder, truncation_psi=1)
    alone = encode(G, judge, pixels[4:5], encoder, truncation_psi=1)
    assert torch.allclose(alone.code, together.code[4:5], atol=1e-5)
    assert alone.distance[0] == pytest.approx(together.distance[4], abs=1e-3)


def test_truncation_counts_in_z_and_not_in_w(family, judge):
    G, pixels = load_generator(family["parent"])[0], pictures(2)
    for space, counts in (("z", True), ("zplus", True), ("w", False), ("wplus", False)):
        images = [encode(G, judge, pixels, encoder_of(G, space), truncation_psi=psi).pixels for psi in (0.2, 1)]
        assert torch.equal(*images) != counts


def test_another_shape_or_size_is_refused(family, judge):
    G, foreigner = (load_generator(family[name])[0] for name in ("parent", "foreigner"))
    with pytest.raises(CodesError, match="models of another shape"):
        encode(foreigner, judge, pictures(1), encoder_of(G, "w"), truncation_psi=1)
    with pytest.raises(CodesError, match="images of 32 x 32 px are given to an encoder of 16 px"):
        encode(G, judge, pictures(1, 32), encoder_of(G, "w"), truncation_psi=1)


CARD = EncoderCard("z", "random", "face", "a" * 64, 0.7, "tiny", 16, {}, {}, 1, 0, 1, "test", "")


def test_an_encoder_of_another_generator_is_refused(family):
    same = {"space": "z", "generator": "a" * 64, "truncation_psi": 0.7}
    refuse_other_generator(CARD, **same)
    digest = load_generator(family["stranger"])[1].digest
    with pytest.raises(CodesError, match=f"codes of face as it was .weights aaaaaaaaaaaa., not of {digest[:12]}"):
        refuse_other_generator(CARD, **{**same, "generator": digest})
    with pytest.raises(CodesError, match="finds codes in z, not in zplus"):
        refuse_other_generator(CARD, **{**same, "space": "zplus"})
    with pytest.raises(CodesError, match=r"truncation_psi 0\.7, not 0\.5; train it again"):
        refuse_other_generator(CARD, **{**same, "truncation_psi": 0.5})
    in_w = dataclasses.replace(CARD, space="w", truncation_psi=1.0)
    refuse_other_generator(in_w, space="w", generator="a" * 64, truncation_psi=0.5)  # W is not truncated
