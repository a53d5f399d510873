"""Rule `clip_directions`: what every style channel of a model does as a CLIP sees it."""

from _job import start

job = start(snakemake)

from stylealign.adaptation.global_directions import write_directions
from stylealign.judges.load import load_described

clip = load_described(job.spec["judge"], job.spec["spec"], job.input.weights, job.device)
write_directions(job.output.directions, job.input.g_ema, clip, device=job.device, **job.spec["protocol"])
