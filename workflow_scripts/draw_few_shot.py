"""Rule `draw_few_shot`: figure few_shot."""

from _job import start

job = start(snakemake)

from stylealign.figures.few_shot import draw_few_shot
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

pictures = dict(zip(map(tuple, job.spec["cells"]), job.input.samples, strict=True))
order = (job.spec["methods"], job.spec["starts"])
draw_few_shot(read_table(job.input.table), pictures, *order, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Few images, with and without adaptation by text")
