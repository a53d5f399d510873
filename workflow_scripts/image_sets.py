"""Rule `image_sets`: what the image sets hold, a row each."""

from _job import start

job = start(snakemake)

import json

from stylealign.tables import IMAGE_SETS, write_table

rows = [json.loads(path.read_text()) for path in job.input.summaries]
columns = IMAGE_SETS.column_names()
rows = [{column: {"domain": row["name"], **row}[column] for column in columns} for row in rows]
write_table(job.output.rows, IMAGE_SETS, rows, job.provenance)
