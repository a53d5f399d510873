"""Where a code enters the staircase: Z before ``mapping``, W and W+ before ``styles``, S before ``synthesis``.

That is the whole of image translation (StyleAlign, 4.1 and A.5): a code found in one model climbs the stairs of another
from the landing of its space.

Legend: N images; a code is [N, z_dim], [N, num_ws, z_dim], [N, w_dim], [N, num_ws, w_dim] or [N, num_styles].
"""

from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator


def ws_of(G: "Generator", space: str, code: Tensor, truncation_psi: float = 1.0) -> Tensor:
    """ws [N, num_ws, w_dim] of a code in ``z``, ``zplus``, ``w`` or ``wplus``.

    Codes in Z and Z+ are truncated by ``truncation_psi`` as ``mapping`` does; codes in W and W+ are what they are.
    """
    match space:
        case "z":
            return G.mapping(code, truncation_psi=truncation_psi)
        case "zplus":
            w = G.mapping.w(code.flatten(0, 1)).unflatten(0, code.shape[:2])  # [N, num_ws, w_dim]
            return w if truncation_psi == 1 else G.mapping.w_avg.lerp(w, truncation_psi)
        case "w":
            return code.unsqueeze(1).expand(-1, G.num_ws, -1)
        case "wplus":
            return code
    raise ValueError(f"{space} is not a space before styles; use z, zplus, w or wplus")


def styles_of(G: "Generator", space: str, code: Tensor, truncation_psi: float = 1.0) -> Tensor:
    """s [N, num_styles] of a code in any space, ``s`` included."""
    return code if space == "s" else G.styles(ws_of(G, space, code, truncation_psi))


def code_shape(G: "Generator", space: str) -> tuple[int, ...]:
    """The shape of one image's code in ``space``."""
    shapes = {
        "z": (G.z_dim,),
        "zplus": (G.num_ws, G.z_dim),
        "w": (G.w_dim,),
        "wplus": (G.num_ws, G.w_dim),
        "s": (G.num_styles,),
    }
    return shapes[space]
