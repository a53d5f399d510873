"""Rule `draw_inversions`: figure inversions."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.inversions import draw_inversions

pictures = dict(zip(job.spec["models"], job.input.pictures, strict=True))
draw_inversions(pictures, job.input.table, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Real images, inverted")
