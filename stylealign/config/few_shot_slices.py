"""The slices of a study that single jobs of few-shot fine-tuning depend on."""

from stylealign.config import few_shot_plan as plan
from stylealign.config.slices import Slice, judge
from stylealign.config.study import Study


def training(study: Study, method: str, num_images: str, start: str, seed: str) -> Slice:
    """What one training depends on."""
    return plan.training(study, method, int(num_images), start, int(seed)).tracked()


def tuning(study: Study) -> Slice:
    """What the training of the parent's pair on generated images depends on."""
    return plan.tuning(study).tracked()


def generated(study: Study) -> Slice:
    """What the images depend on that the pair is tuned on, beside the adapted model."""
    return {"model": plan.asked(study).pretrained, "num": plan.asked(study).num_tuned, "seed": study.seed}


def scores(study: Study, method: str, num_images: str, start: str) -> Slice:
    """What the numbers of a cell's trainings depend on, beside the models."""
    few = plan.asked(study)
    reader = few.distance_judge or few.judge
    cell = {"method": method, "num_images": int(num_images), "start": start}
    return {
        **judge(study, few.judge),
        "diversity_judge": reader,
        "diversity_spec": judge(study, reader)["spec"],
        **cell,
        "seeds": list(plan.seeds(study, method)),
        **few.model_dump(mode="json", include={"target", "num_gen", "split", "num_clusters"}),
        "seed": study.seed,
    }


def few_shot(study: Study) -> Slice:
    """What the table depends on, beside the numbers of all trainings."""
    few = plan.asked(study)
    return {"seed": study.seed, "judge": few.judge, "target": few.target}


def figure(study: Study) -> Slice:
    """What the figure few_shot depends on, beside its table: the order."""
    few = plan.asked(study)
    cells = [list(vars(shots).values()) for shots in plan.measured(study)]
    return {"methods": list(few.methods), "starts": list(few.starts), "cells": cells}
