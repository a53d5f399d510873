"""A tiny family on disk (16 px), for the rooms that compare or edit models."""

import copy
import dataclasses

import pytest
import torch

from stylealign.checkpoint import ModelCard, load_generator, read_card, save_generator, state_digest
from stylealign.formats.names import generator_names, renamed
from stylealign.judges.clip import ClipJudge, open_tokenizer
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.judges.published_clip import open_published_clip
from stylealign.networks.generator import Generator
from stylealign.networks.psp_encoder import PspEncoder

TINY = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 128, "channel_max": 16, "mapping_layers": 2}


@pytest.fixture(scope="session")
def make_family(tmp_path_factory):
    """Paths of parent, its exact copy, child (each weight moved by so much), stranger (another seed) and foreigner
    (another architecture)."""

    def make(amount):
        folder = tmp_path_factory.mktemp("family")
        parent = _generator(0)
        models = {
            "parent": parent,
            "copy": parent,
            "child": _moved(parent, amount, 1),
            "stranger": _generator(2),
            "foreigner": _generator(3, w_dim=12, channel_max=8),
        }
        return {name: _save(folder, name, G) for name, G in models.items()}

    return make


@pytest.fixture(scope="session")
def make_relatives(tmp_path_factory):
    """What ``make_family`` made, with its descent: copy and child are the parent's; the other two are roots."""

    def make(family):
        folder, root = tmp_path_factory.mktemp("relatives"), read_card(family["parent"])
        found = {}
        for name, path in family.items():
            G, card = load_generator(path)
            if name in ("copy", "child"):
                line = {"lineage": ("parent", name), "lineage_digests": (root.digest, card.digest)}
                card = dataclasses.replace(card, **line)
            found[name] = folder / f"{name}.safetensors"
            save_generator(found[name], G, card)
        return found

    return make


@pytest.fixture(scope="session")
def make_judge():
    """An untrained judge for 16 px that reads ``attributes`` (numbers, but for those given whole) and ``regions``."""

    def make(attributes=(), regions=()):
        torch.manual_seed(7)
        read = [Attribute(one, "number", -30, 30, "deg") if isinstance(one, str) else one for one in attributes]
        return EmbeddedJudge("tiny", EmbeddedNetwork(16, 8, Vocabulary(("face",), tuple(read), tuple(regions))))

    return make


@pytest.fixture(scope="session")
def tiny_clip():
    """An untrained CLIP for images of 16 px, embeddings of 24 numbers, and any text of up to 77 tokens."""
    import open_clip

    vision = open_clip.CLIPVisionCfg(layers=2, width=32, head_width=16, patch_size=4, image_size=16)
    text = open_clip.CLIPTextCfg(width=16, heads=2, layers=1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        network = open_clip.CLIP(24, vision, text)
    return ClipJudge("tiny", network, open_tokenizer(network.context_length))


@dataclasses.dataclass(frozen=True)
class PublishedVit:
    """A judge, and what the network that its file was written from made of some texts."""

    judge: ClipJudge
    texts: tuple[str, ...]
    embeddings: torch.Tensor


@pytest.fixture(scope="module")
def vit_b_32(tmp_path_factory):
    """A ViT-B/32 of random weights, read from a file as a published one: 600 MB, held by the module that asks only."""
    import open_clip
    from safetensors.torch import save_file

    path, texts = tmp_path_factory.mktemp("vit") / "open_clip_model.safetensors", ("a cat", "a photo of a person")
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(7)
        network = open_clip.create_model("ViT-B-32", load_weights=False).eval()
        embeddings = network.encode_text(open_clip.get_tokenizer("ViT-B-32")(list(texts)), normalize=True)
    save_file(network.state_dict(), path)
    del network
    try:
        judge = open_published_clip("vit", "ViT-B-32", path, batch_size=2)
    finally:
        path.unlink()
    return PublishedVit(judge, texts, embeddings)


@pytest.fixture(scope="session")
def make_adapted(tmp_path_factory, make_family, tiny_clip):
    """Adapts a tiny parent, the same at every call (``make_adapted.parent``), by the keys of ``adapt``; its files.

    A child is of the seed ``seed``, sees ``images`` or two texts, and may be confined to an ``opened`` region; another
    ``clip`` than the tiny one may lead it.
    """
    from stylealign.adaptation.run import AdaptationFiles, adapt_model
    from stylealign.checkpoint import save_tensors
    from stylealign.config.adaptation import Adaptation
    from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
    from stylealign.networks.discriminator import Discriminator

    root = tmp_path_factory.mktemp("adapted")
    (root / "parent").mkdir()
    G, card = load_generator(make_family(0.3)["parent"])
    parent, pair = root / "parent/g_ema.safetensors", root / "parent/pair.safetensors"
    save_generator(parent, G, card)
    torch.manual_seed(5)
    D = Discriminator(img_resolution=16, channel_base=128, channel_max=16)
    networks = {f"G/{name}": value for name, value in G.state_dict().items()}
    networks |= {f"D/{name}": value for name, value in D.state_dict().items()}
    save_tensors(pair, networks, {"kind": "pair"})

    def make(name, *, images=(), opened=None, seed=0, folder=None, clip=tiny_clip, **adapt):
        folder = folder or tmp_path_factory.mktemp(name, numbered=True)
        asked = {"clips": {clip.name: 1}, "iterations": 4, "lr": 0.02, "templates": "none", **adapt}
        if not images:
            asked = {"source_text": "a person", "target_text": "a painting of a person", **asked}
        spec = ResolvedModel(
            name=name,
            domain="painting",
            parent="parent",
            adapt=Adaptation.model_validate(asked),
            resolution=16,
            architecture=Architecture(z_dim=8, w_dim=8, mapping_layers=2, channel_base=128, channel_max=16),
            training=Training(),
            seed=seed,
            study_seed=0,
            samples=Samples(num=4),
            device="cpu",
        )
        files = AdaptationFiles(
            g_ema=folder / "g_ema.safetensors",
            pair=folder / "pair.safetensors",
            course=folder / "course.parquet",
            samples=folder / "samples.npz",
        )
        where = {"parent": parent, "parent_pair": pair, "state": folder / "state", "files": files}
        adapt_model(spec, clips={clip.name: clip}, images=images, region=opened, **where)
        return files

    make.parent = parent
    return make


@pytest.fixture
def make_bundle(tmp_path):
    """A tiny published encoder in its bundle, as pSp and e4e save it; returns the file and the encoder in it.

    ``G`` is its decoder, in rosinality's names, and fixes its shape; parts of the file are replaced by ``parts`` (or
    left out, where None).
    """

    def make(G, kind="e4e", *, space="wplus", name="e4e.pt", seed=0, **parts):
        torch.manual_seed(seed)
        shape = {"img_resolution": G.img_resolution, "num_ws": G.num_ws, "w_dim": G.w_dim}
        encoder = PspEncoder(kind=kind, space=space, width=4, input_px=256 if space == "w" else 32, **shape).eval()
        _stir(encoder)
        weights = {f"encoder.{key}": value for key, value in encoder.state_dict().items() if key != "latent_avg"}
        theirs = renamed(G.state_dict(), generator_names(G.img_resolution, G.init_kwargs["mapping_layers"]))
        weights |= {f"decoder.{key}": value for key, value in theirs.items()}
        types = {"psp": "GradualStyleEncoder", "e4e": "Encoder4Editing"}
        options = {"encoder_type": types[kind], "start_from_latent_avg": True, "learn_in_w": space == "w", "lr": 1e-4}
        if space == "w":
            options["encoder_type"] = "BackboneEncoderUsingLastLayerIntoW"
        content = {"state_dict": weights, "opts": options, "latent_avg": encoder.latent_avg.clone()} | parts
        torch.save({key: value for key, value in content.items() if value is not None}, tmp_path / name)
        return tmp_path / name, encoder

    return make


@torch.no_grad()
def _stir(encoder):
    """Numbers that every part of the network shows in its codes: normalisation as after a training."""
    for key, value in encoder.state_dict().items():
        if key.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif value.is_floating_point() and (value.ndim == 1 or key == "latent_avg"):
            value.add_(torch.randn(value.shape) * 0.3)


def _generator(seed, **changed):
    torch.manual_seed(seed)
    G = Generator(**(TINY | changed))
    with torch.no_grad():
        G.mapping.w_avg.normal_()
        for name, parameter in G.named_parameters():
            if name.endswith("noise_strength"):
                parameter.fill_(0.1)
    return G


def _moved(parent, amount, seed):
    generator = torch.Generator().manual_seed(seed)
    child = copy.deepcopy(parent)
    with torch.no_grad():
        for tensor in child.state_dict().values():
            tensor.add_(torch.randn(tensor.shape, generator=generator) * amount)
    return child


def _save(folder, name, G):
    digest = state_digest(G.state_dict())
    card = ModelCard(name, "face", G.init_kwargs, G.img_resolution, (name,), (digest,), 0, 0, 0, 1, "test")
    path = folder / f"{name}.safetensors"
    save_generator(path, G, card)
    return path
