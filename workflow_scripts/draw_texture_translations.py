"""Rule `draw_texture_translations`: figure texture_translations."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.texture_translations import draw_texture_translations

draw_texture_translations(job.input.pictures, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "The shape of an image, random styles")
