"""Where networks run: the one place that reads the config's ``device``."""

import torch

from stylealign.errors import DeviceError


def pick_device(device: torch.device | str) -> torch.device:
    """``auto`` is CUDA where there is one, else the CPU; :class:`DeviceError` for one unknown or absent."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise DeviceError(f"device: {device}: torch knows no such device; set device: auto, cpu or cuda") from error
    if found.type == "cuda" and not torch.cuda.is_available():
        raise DeviceError("device: cuda, but torch sees no CUDA device; set device: auto or cpu, or mend the driver")
    return found
