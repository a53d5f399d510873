"""Rule `quality_diversity`: models beside a domain: how near, how diverse, and do they repeat its images?"""

from _job import start

job = start(snakemake)

from stylealign.adaptation_tables import QUALITY_DIVERSITY
from stylealign.data.image_set import ImageSet
from stylealign.judges.load import load_described
from stylealign.metrics.features import load_features
from stylealign.metrics.quality_diversity import Domain, compared_models, quality_diversity_rows
from stylealign.tables import write_table

drawn = {"truncation_psi": job.spec["truncation_psi"], "seed": job.spec["seed"]}
models = compared_models(
    job.input.models,
    job.input.features,
    job.spec["models"],
    job.spec["roles"],
    num_images=job.spec["settings"]["num_images"],
    device=job.device,
    **drawn,
)
held_out, training = (ImageSet.open(job.input.images, job.input.index, split) for split in ("test", "train"))
domain = Domain(job.spec["domain"], load_features(job.input.real), held_out, training)
judge = load_described(job.spec["judge"], job.spec["spec"], job.input.weights, job.device)
rows = quality_diversity_rows(domain, models, judge, **job.spec["settings"], **drawn)
write_table(job.output.rows, QUALITY_DIVERSITY, rows, job.provenance)
