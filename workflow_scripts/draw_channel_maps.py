"""Rule `draw_channel_maps`: figure channel_maps."""

from _job import start

job = start(snakemake)

from stylealign.figures.channel_maps import draw_channel_maps
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

parents, models = dict(job.spec["parents"]), job.spec["models"]
evidence = dict(zip(models, job.input.evidence, strict=True))
channels = dict(zip(models, map(read_table, job.input.channels), strict=True))
draw_channel_maps(evidence, channels, parents, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "What a channel changes, in every model")
