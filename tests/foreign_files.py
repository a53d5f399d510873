"""Files as NVIDIA's two code bases write them, of networks of ours: genuine pickles, without a line of foreign code.

The modules that such pickles name (``torch_utils.persistence``, ``dnnlib.util``, ``dnnlib.tflib.network``) exist while
a file is written and hold empty classes of the right names; torch and numpy pickle their own parts themselves.
"""

import importlib.util
import io
import pathlib
import pickle
import sys
import types
import warnings
from collections import OrderedDict
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

SOURCE = "raise RuntimeError('this source was run')\n"
CLASSES = {
    "FullyConnected": "FullyConnectedLayer",
    "Conv2d": "Conv2dLayer",
    "ToRGB": "ToRGBLayer",
}
FILTERED = ("SynthesisLayer", "SynthesisBlock", "Conv2d", "DiscriminatorBlock")
FILTER = torch.tensor([1.0, 3, 3, 1]).outer(torch.tensor([1.0, 3, 3, 1])) / 64


class EasyDict(dict):
    """A dictionary by another name, as ``dnnlib.util.EasyDict``."""


def _reconstruct_persistent_obj(meta):
    exec(meta["module_src"])  # what the usual loader does: no reader of ours may come here


class Persistent:
    """An object that pickles with its source, as classes under ``persistent_class`` do."""

    def __init__(self, class_name, state, source=SOURCE):
        self.meta = {"type": "class", "version": 6, "module_src": source, "class_name": class_name, "state": state}

    def __reduce__(self):
        return _reconstruct_persistent_obj, (self.meta,), None


class Network:
    """A network as ``dnnlib.tflib.network.Network`` pickles itself: one dictionary of plain data."""

    def __init__(self, **state):
        self.state = state

    def __getstate__(self):
        return self.state

    def __setstate__(self, state):
        exec(state["build_module_src"])


@contextmanager
def foreign_modules():
    """The modules that are named in such files, while they are written."""
    homes = {
        "dnnlib": (),
        "dnnlib.util": (EasyDict,),
        "dnnlib.tflib": (),
        "dnnlib.tflib.network": (Network,),
        "torch_utils": (),
        "torch_utils.persistence": (_reconstruct_persistent_obj,),
    }
    before = {name: sys.modules.get(name) for name in homes}
    for name, members in homes.items():
        sys.modules[name] = types.ModuleType(name)
        for member in members:
            member.__module__ = name
            setattr(sys.modules[name], member.__name__, member)
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name) if module is None else sys.modules.update({name: module})


def dump(value, protocol=3):
    """``value`` pickled while the foreign modules are there."""
    with foreign_modules():
        return pickle.dumps(value, protocol)


# PyTorch


def persistent(module, source=SOURCE, **settings):
    """One of our networks as an object of NVIDIA's: its state is what torch keeps in a module, and their settings."""
    kind = type(module).__name__
    state = dict(vars(nn.Module()))  # training, hooks and the rest, as this torch has them
    state["_parameters"] = OrderedDict(module._parameters)
    state["_buffers"] = OrderedDict((name, value) for name, value in module._buffers.items() if name != "filter")
    if kind in FILTERED:
        state["_buffers"]["resample_filter"] = FILTER.clone()
    children = {name: persistent(child, source, **settings) for name, child in module.named_children()}
    if kind == "DiscriminatorEpilogue":
        own = dict(vars(nn.Module())) | {"group_size": module.mbstd_group_size, "num_channels": 1}
        children["mbstd"] = Persistent("MinibatchStdLayer", own, source)
    state["_modules"] = OrderedDict(children)
    state |= {"_init_args": (), "_init_kwargs": EasyDict(c_dim=0)} | _settings(module, kind) | settings
    return Persistent(CLASSES.get(kind, kind), state, source)


def _settings(module, kind):
    if kind == "FullyConnected":
        return {
            "activation": "lrelu" if module.activate else "linear",
            "weight_gain": 0.01,
            "bias_gain": 0.01 if module.activate and module.bias_gain < 0.1 else 1,
        }
    if kind in ("SynthesisLayer", "Conv2d"):
        return {"activation": "lrelu", "conv_clamp": module.conv_clamp, "use_noise": True}
    return {"use_fp16": False, "architecture": "skip"} if kind == "SynthesisBlock" else {}


def nvidia_torch(G_ema, G=None, D=None, *, protocol=3, source=SOURCE, **settings):
    """Bytes of a snapshot of stylegan2-ada-pytorch; ``settings`` replace those of every module."""
    content = {"training_set_kwargs": EasyDict(path="faces.zip", use_labels=False), "augment_pipe": None}
    networks = {"G": G, "D": D, "G_ema": G_ema}
    content |= {key: persistent(one, source, **settings) for key, one in networks.items() if one is not None}
    return dump(content, protocol)


# TensorFlow


def nvidia_tf(G, D, Gs, *, protocol=4, old_numpy=False, source=SOURCE, **changed):
    """Bytes of a snapshot of stylegan2 or stylegan2-ada: (G, D, Gs); ``changed`` are further ``static_kwargs``."""
    networks = (generator_network(G, source, **changed), discriminator_network(D, source), None)
    networks = (*networks[:2], generator_network(Gs, source, **changed))
    written = dump(networks, protocol)
    return written.replace(b"cnumpy._core.", b"cnumpy.core.") if old_numpy else written


def generator_network(G, source=SOURCE, **changed):
    """A generator as (G, D, Gs) hold it: ``mapping`` and ``synthesis`` are components with variables of their own."""
    variables = generator_variables(G)
    parts = {
        name: network(name, _below(f"{name}/", variables), source=source, func_name=f"training.networks.G_{name}")
        for name in ("mapping", "synthesis")
    }
    own = [("lod", np.float32(0))] + [(name, value) for name, value in variables if "/" not in name]
    sizes = {"resolution": G.img_resolution, "num_channels": 3, "label_size": 0, "fmap_base": 1}
    return network("G", own, parts, source=source, **sizes, **changed)


def discriminator_network(D, source=SOURCE, **changed):
    sizes = {"resolution": D.img_resolution, "num_channels": 3, "label_size": 0}
    return network("D", discriminator_variables(D), source=source, **sizes, **changed)


def network(name, variables, components=(), *, version=4, source=SOURCE, **static_kwargs):
    return Network(
        version=version,
        name=name,
        static_kwargs=EasyDict(static_kwargs),
        components=EasyDict(components),
        build_module_src=source,
        build_func_name=f"{name}_main",
        variables=variables,
    )


def _below(prefix, variables):
    return [(name.removeprefix(prefix), value) for name, value in variables if name.startswith(prefix)]


def generator_variables(G):
    """TensorFlow's variables of one of our generators: the slow, obvious inverse of what the reader does."""
    state = {name: tensor.numpy() for name, tensor in G.state_dict().items()}
    found = [("dlatent_avg", state["mapping.w_avg"])]
    for index in range(G.mapping.num_layers):
        found.append((f"mapping/Dense{index}/weight", swapped(state[f"mapping.fc{index}.weight"])))
        found.append((f"mapping/Dense{index}/bias", state[f"mapping.fc{index}.bias"]))
    found.append(("synthesis/4x4/Const/const", state["synthesis.b4.const"][None]))
    number = 0
    for resolution in G.synthesis.resolutions:
        layers = {"conv0": "Conv0_up", "conv1": "Conv1", "torgb": "ToRGB"}
        if resolution == 4:
            layers = {"conv1": "Conv", "torgb": "ToRGB"}
        for ours, theirs in layers.items():
            old, new = f"synthesis.b{resolution}.{ours}", f"synthesis/{resolution}x{resolution}/{theirs}"
            found.append((f"{new}/weight", to_hwio(state[f"{old}.weight"], mirrored=ours == "conv0")))
            found.append((f"{new}/mod_weight", swapped(state[f"{old}.affine.weight"])))
            found.append((f"{new}/mod_bias", np.array([value - 1 for value in state[f"{old}.affine.bias"]])))
            found.append((f"{new}/bias", state[f"{old}.bias"]))
            if ours != "torgb":
                found.append((f"{new}/noise_strength", np.float32(state[f"{old}.noise_strength"])))
                found.append((f"synthesis/noise{number}", state[f"{old}.noise_const"][None, None]))
                number += 1
    return found


def discriminator_variables(D):
    state = {name: tensor.numpy() for name, tensor in D.state_dict().items()}
    found = []
    for resolution in D.resolutions:
        for ours, theirs in {"fromrgb": "FromRGB", "conv0": "Conv0", "conv1": "Conv1_down", "skip": "Skip"}.items():
            old, new = f"b{resolution}.{ours}", f"{resolution}x{resolution}/{theirs}"
            if f"{old}.weight" in state:
                found.append((f"{new}/weight", to_hwio(state[f"{old}.weight"])))
            if f"{old}.bias" in state:
                found.append((f"{new}/bias", state[f"{old}.bias"]))
    found += [("4x4/Conv/weight", to_hwio(state["b4.conv.weight"])), ("4x4/Conv/bias", state["b4.conv.bias"])]
    for ours, theirs in {"fc": "4x4/Dense0", "out": "Output"}.items():
        found += [
            (f"{theirs}/weight", swapped(state[f"b4.{ours}.weight"])),
            (f"{theirs}/bias", state[f"b4.{ours}.bias"]),
        ]
    return found


def swapped(weight):
    """[out, in] -> [in, out], number by number."""
    num_out, num_in = weight.shape
    return np.array([[weight[o, i] for o in range(num_out)] for i in range(num_in)])


def to_hwio(weight, mirrored=False):
    """[out, in, kh, kw] -> [kh, kw, in, out], number by number."""
    num_out, num_in, height, width = weight.shape
    moved = np.zeros([height, width, num_in, num_out], weight.dtype)
    for y, x in np.ndindex(height, width):
        source = (height - 1 - y, width - 1 - x) if mirrored else (y, x)
        for o, i in np.ndindex(num_out, num_in):
            moved[y, x, i, o] = weight[o, i, source[0], source[1]]
    return moved


def legacy_storage(numbers):
    """Bytes of a storage in torch's legacy format, as ``torch.storage._load_from_bytes`` is handed them."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():  # torch means to rename such storages, and still writes them so
        warnings.simplefilter("ignore")
        torch.save(torch.as_tensor(numbers).storage(), buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


def hostile_pickles(canary):
    """(name, bytes) of every file in ``hostile_pickles.py`` beside this one."""
    return beside("hostile_pickles").hostile_pickles(canary)


def beside(name):
    """The module ``name`` in this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, pathlib.Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
