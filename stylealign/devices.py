"""Where networks run: the one place that reads the config's ``device``."""

import torch

from stylealign.errors import DeviceError


def pick_device(device: torch.device | str) -> torch.device:
    """``auto`` is CUDA where there is one, else the CPU; :class:`DeviceError` when CUDA is asked for and absent."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    found = torch.device(device)
    if found.type == "cuda" and not torch.cuda.is_available():
        raise DeviceError("device: cuda, but torch sees no CUDA device; set device: auto or cpu, or mend the driver")
    return found
