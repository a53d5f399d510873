"""Rule `domain_features`: what a judge sees in an image set."""

from _job import start

job = start(snakemake)

from pydantic import TypeAdapter

from stylealign.config.judges import Judge
from stylealign.data.image_set import ImageSet
from stylealign.judges.load import load_judge
from stylealign.metrics.features import judge_image_set, save_features

spec = TypeAdapter(Judge).validate_python(job.spec["spec"])
judge = load_judge(job.spec["judge"], spec, job.input.weights, job.device)
image_set = ImageSet.open(job.input.images, job.input.index)
save_features(job.output.features, judge_image_set(judge, image_set))
