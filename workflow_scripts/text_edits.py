"""Rule `text_edits`: the style channels that do what texts say."""

from _job import start

job = start(snakemake)

from stylealign.adaptation.global_directions import text_edit_rows
from stylealign.adaptation_tables import TEXT_EDITS
from stylealign.config.text_edits import TextEdit
from stylealign.judges.load import load_described
from stylealign.tables import write_table

clip = load_described(job.spec["judge"], job.spec["spec"], job.input.weights, job.device)
edits = {name: TextEdit.model_validate(edit) for name, edit in job.spec["edits"]}
about = {"templates": job.spec["templates"], "seed": job.spec["seed"]}
rows = text_edit_rows(job.spec["model"], job.input.g_ema, job.input.directions, clip, edits, **about)
write_table(job.output.rows, TEXT_EDITS, rows, job.provenance)
