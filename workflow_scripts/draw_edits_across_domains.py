"""Rule `draw_edits_across_domains`: figure edits_across_domains."""

from _job import start

job = start(snakemake)

from stylealign.figures.edits_across_domains import draw_edits_across_domains
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

draw_edits_across_domains(read_table(job.input.table), job.input.pictures, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "A parent's images and edits in adapted models")
