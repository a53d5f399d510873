"""Crossing from one model to another: who may, whose codes, which images, which files."""

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from stylealign.checkpoint import load_generator, read_card, save_generator
from stylealign.codes import write_codes
from stylealign.editing.translate import (
    check_codes,
    check_crossing,
    render,
    render_ws,
    translate,
    translate_codes,
    ws_of_codes,
)
from stylealign.errors import CheckpointError, CodesError, ImageSetError, LineageError
from stylealign.images import to_hwc, to_pixels

SPACES = ("z", "zplus", "w", "wplus", "s")
IDS = ("a1", "b2", "c3")


@pytest.fixture
def codes(relatives, codes_of):
    return codes_of(relatives["parent"], "z", IDS)


def _drawn(G, s):
    return to_hwc(to_pixels(G.synthesis(s, noise_mode="const")))


def test_relatives_may_cross_in_both_directions_and_a_model_to_itself(relatives):
    cards = {name: read_card(relatives[name]) for name in ("parent", "copy", "child")}
    for source in cards.values():
        for target in cards.values():
            check_crossing(source, target, "a to b")


def test_a_child_trained_elsewhere_of_a_middle_model_is_a_relative(relatives):
    child = read_card(relatives["child"])
    adopted = dataclasses.replace(child, lineage=("child",), lineage_digests=(child.digest,))
    check_crossing(adopted, child, "a to b")


def test_strangers_may_not_and_the_reason_names_models_and_roots(relatives):
    child, stranger = read_card(relatives["child"]), read_card(relatives["stranger"])
    with pytest.raises(LineageError, match="no common ancestor") as error:
        check_crossing(child, stranger, "child2stranger")
    assert str(error.value).startswith("child2stranger: child (of the root parent, ")
    assert f"stranger (of the root stranger, {stranger.digest[:8]})" in str(error.value)
    assert "\n" not in str(error.value)


def test_roots_of_one_name_are_told_apart_by_their_digests(relatives):
    parent = read_card(relatives["parent"])
    namesake = dataclasses.replace(parent, lineage_digests=("0" * 64,))
    with pytest.raises(LineageError, match=f"root parent, {parent.digest[:8]}.* root parent, 00000000"):
        check_crossing(parent, namesake, "a to b")


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("psi", [0.7, 1.0])
def test_images_are_those_of_the_targets_own_stairs(relatives, codes_of, space, psi):
    codes = codes_of(relatives["parent"], space, IDS, psi=psi)
    G, card = load_generator(relatives["child"])
    code = torch.tensor(codes.values)
    s = {
        "z": lambda: G.styles(G.mapping(code, truncation_psi=psi)),
        "zplus": lambda: G.styles(torch.stack([G.mapping(code[:, j], truncation_psi=psi)[:, j] for j in range(6)], 1)),
        "w": lambda: G.styles(code[:, None].repeat(1, 6, 1)),
        "wplus": lambda: G.styles(code),
        "s": lambda: code,
    }[space]()
    images = translate(read_card(relatives["parent"]), (G, card), codes)
    assert (images.dtype, images.shape) == (np.uint8, (3, 16, 16, 3))
    np.testing.assert_allclose(images.astype(int), _drawn(G, s).astype(int), atol=1)
    assert len(np.unique(images, axis=0)) == 3


def test_truncation_is_the_passports(relatives, codes_of):
    G, _ = load_generator(relatives["parent"])
    images = [render(G, codes_of(relatives["parent"], "z", IDS, psi=psi)) for psi in (0.0, 0.5, 1.0)]
    assert (images[0] == images[0][:1]).all()
    assert not np.array_equal(images[1], images[2])


def test_batches_join_to_the_whole(relatives, codes_of):
    codes = codes_of(relatives["parent"], "wplus", [f"{k}" for k in range(5)])
    G, _ = load_generator(relatives["child"])
    for batch_size in (1, 2, 5):
        some = render(G, codes, batch_size=batch_size)
        np.testing.assert_allclose(some.astype(int), render(G, codes).astype(int), atol=1)


def test_no_codes_are_no_images(relatives, codes):
    G, _ = load_generator(relatives["child"])
    assert render(G, codes.take([])).shape == (0, 16, 16, 3)
    assert render_ws(G, []).shape == (0, 16, 16, 3)


def test_ws_of_codes_are_where_their_images_come_from(relatives, codes):
    G, _ = load_generator(relatives["child"])
    ws = ws_of_codes(G, codes)
    assert tuple(ws.shape) == (3, 6, 8)
    assert np.array_equal(render_ws(G, [ws]), render(G, codes))


def test_codes_of_another_model_are_refused(relatives, codes):
    child = load_generator(relatives["child"])
    with pytest.raises(CodesError, match=rf"another model \(digest {codes.passport.generator[:12]}\) than child \(dig"):
        translate(child[1], child, codes)
    with pytest.raises(LineageError):
        translate(read_card(relatives["parent"]), load_generator(relatives["stranger"]), codes)


def test_codes_of_another_shape_are_refused(relatives, codes_of):
    owner = read_card(relatives["parent"])
    foreigner = load_generator(relatives["foreigner"])
    with pytest.raises(CodesError, match=r"shape \[8\], and foreigner takes \[12\] in w; .* one architecture"):
        check_codes(codes_of(relatives["parent"], "w", IDS), owner, foreigner)
    check_codes(codes_of(relatives["parent"], "z", IDS), owner, foreigner)


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(relatives, codes, tmp_path):
    """Translate a file of codes from parent to child."""

    def translate_file(these=codes, source="parent", target="child", **options):
        write_codes(tmp_path / "codes.parquet", these)
        paths = (tmp_path / "codes.parquet", relatives[source], relatives[target], tmp_path / "cats" / "new")
        return translate_codes(*paths, **options), tmp_path / "cats" / "new"

    return translate_file


def test_a_png_for_each_image_with_its_very_pixels(run, relatives, codes):
    num, folder = run(batch_size=2)
    assert (num, sorted(path.name for path in folder.iterdir())) == (3, ["a1.png", "b2.png", "c3.png"])
    expected = render(load_generator(relatives["child"])[0], codes, batch_size=2)
    for name, image in zip(IDS, expected, strict=True):
        assert np.array_equal(np.asarray(Image.open(folder / f"{name}.png")), image)


def test_files_of_before_are_replaced_and_others_left(run):
    _, folder = run()
    (folder / "a1.png").write_bytes(b"old")
    (folder / "mine.txt").write_text("keep")
    run()
    assert Image.open(folder / "a1.png").size == (16, 16)
    assert (folder / "mine.txt").read_text() == "keep"


@pytest.mark.parametrize("odd", ["../out", "/etc/x", "", ".hidden", "a\nb", "a/b", "x" * 300])
def test_an_id_that_leads_elsewhere_writes_nothing(run, codes, tmp_path, odd):
    with pytest.raises(CodesError, match="cannot name a file"):
        run(dataclasses.replace(codes, image_ids=("a1", odd, "c3")))
    assert not (tmp_path / "cats").exists()


def test_an_image_twice_is_refused(run, codes):
    with pytest.raises(CodesError, match="an image twice"):
        run(dataclasses.replace(codes, image_ids=("a1", "a1", "c3")))


def test_refusals_name_the_files_and_write_nothing(run, tmp_path, relatives):
    with pytest.raises(LineageError, match=r"parent\.safetensors to .*stranger\.safetensors: .* no common ancestor"):
        run(target="stranger")
    with pytest.raises(CodesError, match="found in another model"):
        run(source="child", target="parent")
    (tmp_path / "bad.parquet").write_text("no codes")
    with pytest.raises(CodesError, match=r"bad\.parquet: not a file of codes"):
        translate_codes(tmp_path / "bad.parquet", relatives["parent"], relatives["child"], tmp_path / "cats")
    assert not (tmp_path / "cats").exists()


def test_a_model_that_is_not_there(run, relatives, tmp_path, codes):
    with pytest.raises(CheckpointError, match="nothing"):
        translate_codes(tmp_path / "codes.parquet", *_written(codes, tmp_path, relatives), tmp_path / "cats")


def _written(codes, folder, relatives):
    write_codes(folder / "codes.parquet", codes)
    return relatives["parent"], folder / "nothing.safetensors"


def test_a_folder_that_cannot_be_written_to(run, tmp_path):
    (tmp_path / "cats").write_text("a file")
    with pytest.raises(ImageSetError, match=r"cats/new: cannot be written to \(.*name another folder"):
        run()
    (tmp_path / "cats").unlink()
    (tmp_path / "cats" / "new" / "b2.png").mkdir(parents=True)
    with pytest.raises(ImageSetError, match="cannot be written to"):
        run()


def test_a_model_of_another_file_with_the_same_weights_owns_the_codes(relatives, codes, tmp_path):
    G, card = load_generator(relatives["parent"])
    save_generator(tmp_path / "again.safetensors", G, dataclasses.replace(card, model="again"))
    images = translate(read_card(tmp_path / "again.safetensors"), load_generator(relatives["child"]), codes)
    assert np.array_equal(images, render(load_generator(relatives["child"])[0], codes))
