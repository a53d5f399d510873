"""Rule `collect`: a table, from its parts, and its twins for reading."""

from _job import start

job = start(snakemake)

from stylealign.figures.table_page import write_table_page
from stylealign.tables import TABLES, collect

collect(job.input.parts, TABLES[job.spec["table"]], job.output.table, job.provenance)
write_table_page(job.output.table, markdown=job.output.markdown, csv=job.output.csv, html=job.output.html)
