"""Rule `model_features`: what a judge sees in a model's images."""

from _job import start

job = start(snakemake)

from pydantic import TypeAdapter

from stylealign.checkpoint import load_generator
from stylealign.config.judges import Judge
from stylealign.judges.load import load_judge
from stylealign.metrics.features import judge_generator, save_features

spec = TypeAdapter(Judge).validate_python(job.spec["spec"])
judge = load_judge(job.spec["judge"], spec, job.input.weights, job.device)
G, _ = load_generator(job.input.g_ema, job.device)
features = judge_generator(
    judge, G, num=job.spec["num"], seed=job.spec["seed"], truncation_psi=job.spec["truncation_psi"]
)
save_features(job.output.features, features)
