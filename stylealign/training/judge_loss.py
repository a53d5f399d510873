"""What the judge is trained to minimise: regions, attributes and the domain of each image, where labels are known.

Legend: B images, A attributes, K regions, R resolution.
"""

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from stylealign.judges.embedded_network import Reading, Vocabulary
from stylealign.training.judge_labels import UNKNOWN_REGION, Labels

REGION_WEIGHT, ATTRIBUTE_WEIGHT, DOMAIN_WEIGHT = 2.0, 1.0, 0.1
DICE_SMOOTHING_PX = 1.0


@dataclass(frozen=True)
class Losses:
    """The parts of one step's loss, before weighting; zero where nothing is labelled."""

    regions: torch.Tensor
    attributes: torch.Tensor
    domain: torch.Tensor

    @property
    def total(self) -> torch.Tensor:
        return REGION_WEIGHT * self.regions + ATTRIBUTE_WEIGHT * self.attributes + DOMAIN_WEIGHT * self.domain


def judge_losses(reading: Reading, labels: Labels, vocabulary: Vocabulary, region_weights: torch.Tensor) -> Losses:
    """The losses of one step; ``region_weights`` [K] weighs each region's pixels."""
    domain = F.cross_entropy(reading.outputs[:, : len(vocabulary.domains)], labels.domains)
    attributes = attribute_loss(reading.outputs, labels.attributes, vocabulary)
    return Losses(region_loss(reading.region_logits, labels.regions, region_weights), attributes, domain)


def attribute_loss(outputs: torch.Tensor, truth: torch.Tensor, vocabulary: Vocabulary) -> torch.Tensor:
    """Mean over attributes of what is unexplained: squared error in units of the variance, or cross-entropy.

    ``outputs`` are the head's, ``truth`` [B, A] with NaN where unknown.
    """
    slices, parts = vocabulary.outputs(), [outputs.new_zeros([])]
    for column, attribute in enumerate(vocabulary.attributes):
        known = truth[:, column].isfinite()
        if known.any():
            output, value = outputs[known, slices[attribute.name]], truth[known, column]
            if attribute.kind == "class":
                parts.append(F.cross_entropy(output, value.long()))
            else:
                parts.append((output[:, 0] - (value - attribute.mean) / attribute.std).square().mean())
    return torch.stack(parts).sum() / max(len(parts) - 1, 1)


def region_loss(logits: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Weighted cross-entropy plus soft Dice over the regions present: [B, K, R, R] logits, uint8 [B, R, R] ids."""
    known = ids != UNKNOWN_REGION
    if not logits.shape[1] or not known.any():
        return logits.new_zeros([])
    flat = logits.movedim(1, -1)[known]  # [P, K] known pixels
    truth = ids[known].long()  # [P]
    log_share = flat.log_softmax(1)
    cross_entropy = F.nll_loss(log_share, truth, weights)
    return cross_entropy + soft_dice(log_share.exp(), truth)


def soft_dice(share: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """1 - the mean soft Dice of the regions in ``truth`` [P], of predicted shares [P, K]."""
    num_regions = share.shape[1]
    size = torch.bincount(truth, minlength=num_regions).to(share)  # [K]
    right = share.gather(1, truth[:, None])[:, 0]  # [P] the share of the true region
    overlap = share.new_zeros([num_regions]).index_add(0, truth, right)
    dice = (2 * overlap + DICE_SMOOTHING_PX) / (size + share.sum(0) + DICE_SMOOTHING_PX)
    return 1 - dice[size > 0].mean()


def region_weights(sizes: torch.Tensor) -> torch.Tensor:
    """Weights [K] of the regions' pixels from their numbers of pixels: rarer regions weigh more, as 1 / sqrt(size)."""
    share = sizes.double().clamp(min=1) / sizes.double().sum().clamp(min=1)
    weights = share.rsqrt()
    return (weights / (weights * share).sum()).float()
