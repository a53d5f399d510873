"""A published encoder in a study: taken over by a rule, in place of a training, and used like any other."""

import pytest

pytestmark = pytest.mark.workflow

SHAPE = {"z_dim": 8, "w_dim": 8, "mapping_layers": 1, "channel_base": 32, "channel_max": 4}
STUDY = f"""
resolution: 16
device: cpu
architecture: {SHAPE}
domains: {{only: {{source: world, world: cat, num_train: 32, num_test: 8}}}}
models:
  ready: {{domain: only, from: weights/ready.safetensors}}
  child: {{domain: only, parent: ready, total_kimg: 0.1}}
judges: {{embedded: {{kind: embedded, total_kimg: 0.1, width: 4}}}}
samples: {{num: 2}}
inversion:
  judge: embedded
  encoders: {{total_kimg: 0.1, width: 4, from: {{ready: {{wplus: weights/e4e.pt}}}}}}
studies:
  inversion_quality: {{methods: [wplus_enc]}}
  translation: {{judge: embedded, directions: [ready2child]}}
"""
FILE = "results/encoders/ready/wplus.published.safetensors"
TAKEN = "Take weights/e4e.pt as the encoder of ready into wplus"


@pytest.fixture
def shop(workshop):
    """A workshop with a finished model and a published encoder of it."""
    import torch

    from stylealign.checkpoint import ModelCard, save_generator, state_digest
    from stylealign.networks.generator import Generator
    from stylealign.networks.psp_encoder import PspEncoder

    G = Generator(img_resolution=16, **SHAPE)
    digest = state_digest(G.state_dict())
    card = ModelCard("ready", "only", G.init_kwargs, 16, ("ready",), (digest,), 1.0, 1.0, 0, 1, "0")
    (workshop.folder / "weights").mkdir()
    save_generator(workshop.folder / "weights/ready.safetensors", G, card)
    encoder = PspEncoder(kind="e4e", space="wplus", img_resolution=16, num_ws=6, w_dim=8, width=4, input_px=32)
    state = {f"encoder.{name}": value for name, value in encoder.state_dict().items() if name != "latent_avg"}
    options = {"encoder_type": "Encoder4Editing", "start_from_latent_avg": True}
    torch.save(
        {"state_dict": state, "opts": options, "latent_avg": torch.zeros(6, 8)}, workshop.folder / "weights/e4e.pt"
    )
    (workshop.folder / "study.yaml").write_text(STUDY)
    return workshop


def test_it_is_taken_over_and_not_trained(shop):
    jobs = shop.planned("results/tables/inversion_quality.parquet", "results/tables/translation.parquet",
                        "--configfile", "study.yaml")  # fmt: skip
    assert [job for job in jobs if "encoder" in job] == [TAKEN, "Train an encoder of child into wplus (random start)"]
    assert "Invert only in ready by wplus_enc (part 0)" in jobs


def test_the_job_writes_an_encoder_and_says_what_it_doubts(shop):
    from stylealign.encoders import load_encoder

    run = shop.snakemake("--cores", "1", FILE, "--configfile", "study.yaml")
    assert run.returncode == 0, run.stdout + run.stderr
    encoder, card = load_encoder(shop.folder / FILE)
    assert (encoder.kind, card.start, card.source["file"]) == ("e4e", "published", "e4e.pt")
    log = (shop.folder / "results/logs/adopt_encoder/ready.wplus.log").read_text()
    assert all(line in log for line in card.source["said"])
    file = shop.folder / "weights/e4e.pt"
    file.write_bytes(file.read_bytes() + b"another")
    assert shop.planned(FILE, "--configfile", "study.yaml") == [TAKEN]
