"""Rule `adaptation`: how far an adapted model came, and what it kept."""

from _job import start

job = start(snakemake)

from stylealign.adaptation.directions import measured_direction
from stylealign.adaptation.target_images import target_images
from stylealign.adaptation_tables import ADAPTATION
from stylealign.checkpoint import load_generator
from stylealign.judges.load import load_described
from stylealign.metrics.adaptation import Measured, adaptation_row
from stylealign.tables import read_table, write_table

asks, files = dict(job.spec["asks"]), job.input
judge = load_described(job.spec["judge"], job.spec["spec"], files.weights, job.device)
clip = load_described(job.spec["clip"], job.spec["clip_spec"], files.clip_weights, job.device)
named = job.spec.get("regions_judge"), job.spec.get("regions_spec")
parser = load_described(*named, files.regions_weights, job.device)
parent, child = (load_generator(path, job.device)[0] for path in (files.parent, files.g_ema))
images = target_images(files.target, asks.pop("num_images"), job.spec["resolution"])
direction = measured_direction(clip, parent, **asks, images=images, seed=job.spec["model_seed"])
row = adaptation_row(
    Measured(job.spec["model"], child, files.features),
    Measured(job.spec["parent"], parent, files.parent_features),
    judge,
    clip,
    direction,
    domain=job.spec["domain"],
    domain_features=files.domain_features,
    truncation_psi=job.spec["truncation_psi"],
    seed=job.spec["seed"],
    regions_judge=parser,
    regions=job.spec.get("regions", ()),
    **job.spec["settings"],
)
cost = read_table(files.cost).iloc[0]
told = job.spec["told"] | {"seconds": float(cost["kimg"] * cost["sec_per_kimg"])}
write_table(job.output.rows, ADAPTATION, [row | told], job.provenance)
