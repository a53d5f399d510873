"""Rule `adaptation_ablation`: the same z in a parent and in what different adaptations to one text made of it."""

from _job import start

job = start(snakemake)

from stylealign.adaptation.directions import text_direction
from stylealign.adaptation_tables import ADAPTATION_ABLATION
from stylealign.judges.load import load_described
from stylealign.metrics.adaptation_ablation import ablation_pictures, ablation_rows, described_rows, open_variants
from stylealign.tables import write_table
from stylealign.translated_images import save_pictures

spec = job.spec
clip = load_described(spec["clip"], spec["clip_spec"], job.input.clip_weights, job.device)
judge = load_described(spec["judge"], spec["spec"], job.input.weights, job.device)
texts = spec["source_text"], spec["target_text"]
direction = text_direction(clip, *texts, spec["templates"]) if all(texts) else None
models = dict(zip(spec["models"], job.input.models, strict=True))
variants = open_variants(job.input.parent, models, spec["mapped"], job.input.mapper, job.device)
drawn = {key: spec[key] for key in ("truncation_psi", "seed")}
measured = {key: spec[key] for key in ("target_text", "num_images", "num_diversity")} | drawn
rows = ablation_rows(variants, clip, judge, job.input.features, direction=direction, **measured)
ways = dict(zip(spec["models"], spec["ways"], strict=True))
rows = described_rows(rows, ways, {"parent": spec["parent"], "domain": spec["domain"]})
write_table(job.output.rows, ADAPTATION_ABLATION, rows, job.provenance)
save_pictures(job.output.pictures, ablation_pictures(variants, num=spec["num"], **drawn))
