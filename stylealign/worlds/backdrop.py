"""The plain wall behind a portrait: one hue, lighter and darker spots that cancel out; the canvas adds a gradient."""

from stylealign.worlds.canvas import Canvas
from stylealign.worlds.draws import Draws
from stylealign.worlds.geometry import WHOLE, ellipse
from stylealign.worlds.palette import wall


def draw_backdrop(canvas: Canvas, draws: Draws, hue_deg: float, saturation: float, lightness: float) -> None:
    """Fill the canvas; four large discs differ from the wall in lightness only, two up and two down."""
    canvas.fill(WHOLE, canvas.ink(wall(hue_deg, saturation, lightness), 0), contour=False)
    step = draws.between(0.0, 0.05)
    for sign in (1, -1, 1, -1):
        centre = complex(draws.between(0, 1), draws.between(0, 0.8))
        radius = draws.between(0.1, 0.24)
        ink = canvas.ink(wall(hue_deg, saturation, lightness + sign * step), 0)
        canvas.fill(ellipse(centre, radius, radius), ink, contour=False)
    canvas.end_backdrop()


def draw_painted_backdrop(canvas: Canvas, draws: Draws, hue_deg: float, saturation: float, lightness: float) -> None:
    """The same wall as laid on with a broad brush: slanting strokes, as many lighter as darker ones."""
    canvas.fill(WHOLE, canvas.ink(wall(hue_deg, saturation, lightness), 0), contour=False)
    tilt = draws.between(-0.9, 0.9)
    inks = [canvas.ink(wall(hue_deg, saturation, lightness + step), 0) for step in (0.05, -0.04, 0.025, -0.035)]
    for place in range(8):
        centre = complex(draws.between(0, 1), (place + draws.between(0, 1)) / 9)
        canvas.fill(ellipse(centre, 0.3, 0.055, tilt), inks[place % 4], contour=False)
    canvas.end_backdrop()
