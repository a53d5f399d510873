"""Rule `draw_locality_bias`: figure locality_bias."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.locality_bias import draw_locality_bias

pictures = dict(zip(job.spec["models"], job.input.pictures, strict=True))
draw_locality_bias(pictures, job.input.table, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "What a channel does where the pictures are moved")
