"""NVIDIA's TensorFlow pickles of StyleGAN2 and StyleGAN2-ADA: (G, D, Gs), each a ``dnnlib.tflib.network.Network``.

Such an object carries the source of the function that builds it, which the usual loader executes; here only its
``variables`` are read. A convolution is stored [kh, kw, in, out] and a fully connected layer [in, out]; the doubling
convolution is stored mirrored; the bias of a style counts from 1.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor

from stylealign.formats.foreign import ForeignModel
from stylealign.formats.inert_arrays import ARRAYS, Numbers, finite_tensor, refuse_unfolding
from stylealign.formats.inert_machine import Constructor
from stylealign.formats.inert_pickle import CONTAINERS, Foreign, foreign, plain_dict, read_inert
from stylealign.formats.inert_torch import TENSORS
from stylealign.formats.nvidia_model import (
    assemble,
    clamp_setting,
    if_usable,
    kimg_of,
    precision_said,
    with_training_pair,
)
from stylealign.formats.nvidia_tf_names import DISCRIMINATOR, GENERATOR, Namer, torch_layout, torch_name
from stylealign.formats.refusal import PathLike, Refusal, naming, shown

KIND = "nvidia_tf"
NETWORK = "dnnlib.tflib.network.Network"
FIRST_VERSION = 4  # of a pickled Network: 2 and 3 are StyleGAN1's and earlier
MAX_VARIABLES = 5000  # of one network; 1024 px has about 200
_MAX_COMPONENTS = 8


def _pytorch(*_: object) -> Foreign:
    raise Refusal("is a pickle of NVIDIA's PyTorch code (kind nvidia_torch), not of its TensorFlow code; name that one")


ALLOWED: Mapping[str, Constructor] = {
    **CONTAINERS,
    **ARRAYS,
    "dnnlib.util.EasyDict": plain_dict,
    "dnnlib.EasyDict": plain_dict,
    NETWORK: foreign(NETWORK),
    **dict.fromkeys(("torch_utils.persistence._reconstruct_persistent_obj", *TENSORS), _pytorch),
}

_EXPECTED: Mapping[str, tuple[object, ...]] = {
    "architecture": ("skip",),
    "nonlinearity": ("lrelu",),
    "mapping_nonlinearity": ("lrelu",),
    "mapping_lrmul": (0.01,),
    "normalize_latents": (True,),
    "use_noise": (True,),
    "label_size": (0,),
}
_WITHOUT_EFFECT = re.compile(  # or with an effect that shapes show, or that is read where it is needed
    "resolution|num_channels|latent_size|dlatent_size|fmap_(base|decay|min|max)|mapping_(layers|fmaps)|label_fmaps|"
    "num_fp16_res|conv_clamp|resample_kernel|truncation_(psi|cutoff)(_val)?|dlatent_avg_beta|style_mixing_prob|"
    "structure|w_avg_beta|randomize_noise|is_training|is_validation|is_template_graph|return_dlatents|dtype|fused_modconv|"
    "force_clean_graph|mapping_func|synthesis_func|func_name"
)


def read_nvidia_tf(path: PathLike) -> ForeignModel:
    """The averaged generator of an NVIDIA TensorFlow pickle and, where the file has them, the pair it was trained as.

    Raises :class:`CheckpointError`, one line that names the file, where it is damaged, asks for what is no part of such
    a file, or holds anything but an unconditional StyleGAN2 with skip connections (StyleGAN1, class-conditional, ...).
    """
    content = read_inert(path, ALLOWED)
    with naming(path):
        (G, D, Gs), num_bytes = _networks(content), os.path.getsize(path)
        settings, ignored = _settings(Gs)
        generator = _weights(Gs, GENERATOR, num_bytes)
        model = assemble(KIND, generator, clamp_setting(settings.get("conv_clamp")))
        raw = None if G is None else _weights(G, GENERATOR, num_bytes)
        read, why = (None, ()) if D is None else if_usable(_discriminator, D, num_bytes)
        model = with_training_pair(model, raw, *(read or (None,)))
        said = (*model.said, *precision_said(settings.get("num_fp16_res")), *ignored, *why)
        return replace(model, said=said, kimg=kimg_of(content, path))


def _networks(content: Any) -> tuple[Foreign | None, Foreign | None, Foreign]:
    """(G, D, Gs); a network that stands alone is the averaged generator."""
    networks = (None, None, content) if isinstance(content, Foreign) else content
    if not isinstance(networks, tuple | list) or len(networks) != 3 or not isinstance(networks[2], Foreign):
        raise Refusal(f"holds a {type(content).__name__}, not the networks (G, D, Gs); take another file")
    if not all(network is None or isinstance(network, Foreign) for network in networks):
        raise Refusal("holds something else than networks in (G, D, Gs); it is damaged, fetch it again")
    G, D, Gs = networks
    return G, D, Gs


def _variables(network: Foreign) -> dict[str, Numbers | float]:
    """Variables of a network and its components by name, as ``synthesis/8x8/Conv1/weight``."""
    found: dict[str, Numbers | float] = {}
    pending, num_networks = [("", network)], 0
    while pending:
        (prefix, one), num_networks = pending.pop(), num_networks + 1
        _refuse_early_version(one)
        for name, value in _named(one):
            found[f"{prefix}{name}"] = value
        components = one.state.get("components") or {}
        pending += [(f"{prefix}{name}/", part) for name, part in components.items() if isinstance(part, Foreign)]
        if len(found) > MAX_VARIABLES or num_networks + len(pending) > _MAX_COMPONENTS:
            raise Refusal("holds a network of more variables or components than any StyleGAN2; take another file")
    return found


def _named(network: Foreign) -> Iterator[tuple[str, Numbers | float]]:
    variables = network.state["variables"]
    if not isinstance(variables, list) or len(variables) > MAX_VARIABLES:
        raise Refusal("has variables that are no list of names and arrays; it is damaged, fetch it again")
    for name, value in variables:
        if not isinstance(name, str) or len(name) > 100 or not isinstance(value, Numbers | float | int):
            raise Refusal(f"holds a {type(value).__name__} as variable {shown(name)}; it is damaged, fetch it again")
        yield name, value


def _refuse_early_version(network: Foreign) -> None:
    version = network.state.get("version")
    if not isinstance(version, int) or version < FIRST_VERSION:
        raise Refusal(
            f"holds a network of version {shown(version)}, as StyleGAN1 and earlier ones are; only StyleGAN2's are "
            f"known (version {FIRST_VERSION} and later), take another checkpoint"
        )


def _weights(network: Foreign, names: Mapping[str, Namer], num_bytes: int) -> dict[str, Tensor]:
    """The variables as float32 tensors, under the names and in the layout of PyTorch."""
    variables = _variables(network)
    refuse_unfolding((value for value in variables.values() if isinstance(value, Numbers)), num_bytes)
    weights = {}
    for name, value in variables.items():
        if name.rpartition("/")[2] == "lod":  # of progressive growing: nothing reads it
            continue
        array = value.floats() if isinstance(value, Numbers) else np.array(value, np.float32)
        weights[torch_name(name, names)] = finite_tensor(name, torch_layout(name, array))
    return weights


def _settings(network: Foreign) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """What the generator was built with, and a line on what is not known of it; a known setting must be StyleGAN2's."""
    settings = network.state.get("static_kwargs") or {}
    for name, expected in _EXPECTED.items():
        if name in settings and settings[name] not in expected:
            raise Refusal(
                f"was built with {name} {shown(settings[name])}, and only {expected[0]} is known; take another"
            )
    kernel = settings.get("resample_kernel", [1, 3, 3, 1])
    if not isinstance(kernel, list | tuple) or list(kernel[:5]) != [1, 3, 3, 1]:
        raise Refusal("was built with another resample_kernel than [1, 3, 3, 1], the only one known; take another")
    unknown = [shown(name) for name in settings if name not in _EXPECTED and not _WITHOUT_EFFECT.fullmatch(str(name))]
    said = f"settings that are not known here, and are left out: {', '.join(unknown[:8])}; compare an image"
    return settings, (said,) if unknown else ()


def _discriminator(network: Foreign, num_bytes: int) -> tuple[dict[str, Tensor], object]:
    """The discriminator's weights, and the group size of its minibatch standard deviation (4 where nobody chose)."""
    weights = _weights(network, DISCRIMINATOR, num_bytes)
    return weights, (network.state.get("static_kwargs") or {}).get("mbstd_group_size", 4)
