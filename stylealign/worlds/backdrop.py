"""The plain wall behind a portrait: one hue, a gentle gradient, and now and then soft round lights."""

from stylealign.worlds.canvas import Canvas
from stylealign.worlds.draws import Draws
from stylealign.worlds.geometry import WHOLE, ellipse
from stylealign.worlds.palette import wall


def draw_backdrop(canvas: Canvas, draws: Draws, hue_deg: float, saturation: float, lightness: float) -> None:
    """Fill the canvas; four large discs differ from the wall in lightness only, evenly up and down."""
    canvas.fill(WHOLE, canvas.ink(wall(hue_deg, saturation, lightness), 0), contour=False)
    step = draws.between(0.0, 0.05)
    for sign in (1, -1, 1, -1):
        centre = complex(draws.between(0, 1), draws.between(0, 0.8))
        radius = draws.between(0.1, 0.24)
        ink = canvas.ink(wall(hue_deg, saturation, lightness + sign * step), 0)
        canvas.fill(ellipse(centre, radius, radius), ink, contour=False)
    canvas.end_backdrop()
