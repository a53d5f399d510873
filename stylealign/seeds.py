"""Named random streams: every draw comes from a seed derived from (run seed, purpose).

Adding a draw for one purpose never shifts the draws for another, and a stream indexed by step needs no saved state:
resuming at step n asks for ``derive_seed(seed, "z", n)`` again.
"""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def derive_seed(seed: int, *purpose: str | int) -> int:
    """A 63-bit seed for one purpose, the same on every machine and Python version."""
    text = "\x1f".join([str(int(seed)), *(str(part) for part in purpose)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def numpy_stream(seed: int, *purpose: str | int) -> "np.random.Generator":
    """A NumPy generator for one purpose."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(derive_seed(seed, *purpose)))
