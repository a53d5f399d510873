"""The papers' adaptations as committed: readable where their files are, and Table 3 of StyleGAN-NADA to the letter."""

from pathlib import Path

import pytest

from stylealign.config.load import read_study
from stylealign.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("photographs/faces", "photographs/churches", "photographs/afhq/dog", "photographs/afhq/cat")
CHECKPOINTS = ("stylegan2-ffhq-config-f.pkl", "stylegan2-church-config-f.pkl", "afhqdog.pkl")
WEIGHTS = ("ViT-B-32-openai.safetensors", "ViT-B-16-openai.safetensors", "alexnet-owt-7be5be79.pth")
BOTH, ONE = {"clip_b32": 1, "clip_b16": 1}, {"clip_b32": 1}
TABLE_3 = {  # iterations, CLIPs, mixing, k
    "white_walker": (200, BOTH, 0.9, 18),
    "werewolf": (300, BOTH, 0.9, 12),
    "elf": (200, BOTH, 0.9, 18),
    "munch": (300, BOTH, 0.9, 18),
    "sketch": (300, ONE, 0.0, 18),
    "pixar": (130, BOTH, 0.9, 18),
    "zombie": (150, ONE, 0.9, 18),
    "cubism": (300, ONE, 0.0, 18),
    "princess": (200, BOTH, 0.9, 18),
    "modigliani": (400, BOTH, 0.0, 18),
    "shire": (300, ONE, 0.9, 14),
    "nicolas_cage": (300, ONE, 0.9, 12),
    "cat": (2000, BOTH, 0.0, 3),
    "bear": (2000, BOTH, 0.0, 3),
}


@pytest.fixture
def files(tmp_path):
    """What the presets name, empty but for a first byte that says that it is a checkpoint."""
    for folder in FOLDERS:
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "weights").mkdir()
    for name in (*CHECKPOINTS, *WEIGHTS):
        (tmp_path / "weights" / name).write_bytes(b"\x80\x02}.")
    return tmp_path


def studies(root):
    return {path.stem: read_study(path, root=root) for path in sorted((ROOT / "presets/nada").glob("*.yaml"))}


def test_every_recipe_is_that_of_table_3(files):
    found = {}
    for study in studies(files).values():
        for name in study.adapted():
            adapt = study.models[name].adapt
            found[name] = (adapt.iterations, adapt.clips, adapt.style_mixing_prob, adapt.num_layers)
            assert (adapt.batch_size, adapt.lr, adapt.rules) == (2, 0.002, "paper")
            assert (adapt.selection.num_w, adapt.selection.steps) == (8, 1)
    assert found == TABLE_3


def test_each_begins_as_a_published_model_of_its_size(files):
    sizes = {name: (study.resolution, study.adopted()) for name, study in studies(files).items()}
    assert sizes == {"afhq_dog": (512, ["dog"]), "church": (256, ["church"]), "ffhq": (1024, ["ffhq"])}


def test_openais_weights_get_their_own_activation(files):
    for study in studies(files).values():
        clips = [judge for judge in study.judges.values() if judge.kind == "open_clip"]
        assert clips
        assert all(clip.architecture.endswith("-quickgelu") for clip in clips)


@pytest.mark.parametrize(("name", "num"), [("ffhq", 5), ("church", 3), ("afhq_dog", 7)])
def test_without_the_files_each_is_a_line(tmp_path, name, num):
    with pytest.raises(ConfigError) as caught:
        read_study(ROOT / f"presets/nada/{name}.yaml", root=tmp_path)
    assert all("there is no such file or folder" in line for line in caught.value.problems)
    assert len(caught.value.problems) == num
