"""What the judge is trained to minimise: regions, attributes and the domain of each image, where labels are known.

Legend: B images, A attributes, K regions, R resolution.
"""

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from stylealign.judges.embedded_network import Reading, Vocabulary
from stylealign.training.judge_labels import UNKNOWN_REGION, Labels

REGION_WEIGHT, ATTRIBUTE_WEIGHT, DOMAIN_WEIGHT = 2.0, 2.0, 0.1
DICE_SMOOTHING_PX = 1.0
NO_CLASS = -1


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
    parts = [_number_losses(outputs, truth, vocabulary), _class_losses(outputs, truth, vocabulary)]
    each = torch.cat(parts)  # one for each attribute that is known somewhere
    return each.mean() if len(each) else outputs.new_zeros([])


def _number_losses(outputs: torch.Tensor, truth: torch.Tensor, vocabulary: Vocabulary) -> torch.Tensor:
    slices = vocabulary.outputs()
    numbers = [(column, a) for column, a in enumerate(vocabulary.attributes) if a.kind == "number"]
    places = torch.tensor([slices[a.name].start for _, a in numbers], dtype=torch.int64, device=outputs.device)
    means, stds = (outputs.new_tensor([getattr(a, key) for _, a in numbers]) for key in ("mean", "std"))
    wanted = (truth[:, [column for column, _ in numbers]] - means) / stds  # [B, numbers]
    known = wanted.isfinite()
    squares = (outputs[:, places] - wanted.nan_to_num()).square() * known
    count = known.sum(0)
    return (squares.sum(0) / count.clamp(min=1))[count > 0]


def _class_losses(outputs: torch.Tensor, truth: torch.Tensor, vocabulary: Vocabulary) -> torch.Tensor:
    slices, parts = vocabulary.outputs(), [outputs.new_zeros([0])]
    for column, attribute in enumerate(vocabulary.attributes):
        codes = truth[:, column].nan_to_num(nan=NO_CLASS).long()
        if attribute.kind == "class" and (codes != NO_CLASS).any():
            parts.append(F.cross_entropy(outputs[:, slices[attribute.name]], codes, ignore_index=NO_CLASS)[None])
    return torch.cat(parts)


def region_loss(logits: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Weighted cross-entropy plus soft Dice over the regions present: [B, K, R, R] logits, uint8 [B, R, R] ids."""
    known = (ids != UNKNOWN_REGION).flatten(1).all(1)  # an image's regions are known whole or not at all
    if not logits.shape[1] or not known.any():
        return logits.new_zeros([])
    logits, ids = (logits, ids) if known.all() else (logits[known], ids[known])
    log_share = logits.movedim(1, 0).flatten(1).log_softmax(0)  # [K, P]: pixels innermost, which vectorises
    truth = ids.flatten().long()  # [P]
    log_right = log_share.gather(0, truth[None])[0]  # [P] of the true region
    weight = weights[truth]
    return -(weight * log_right).sum() / weight.sum() + soft_dice(log_share.exp(), truth)


def soft_dice(share: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """1 - the mean soft Dice of the regions in ``truth`` [P], of predicted shares [K, P]."""
    num_regions = len(share)
    size = torch.bincount(truth, minlength=num_regions).to(share)  # [K]
    right = share.gather(0, truth[None])[0]  # [P] the share of the true region
    overlap = share.new_zeros([num_regions]).index_add(0, truth, right)
    dice = (2 * overlap + DICE_SMOOTHING_PX) / (size + share.sum(1) + DICE_SMOOTHING_PX)
    return 1 - dice[size > 0].mean()


def region_weights(sizes: torch.Tensor, rarity: float = 0.5) -> torch.Tensor:
    """Weights [K] of the regions' pixels from their numbers of pixels: rarer regions weigh more, as size^-rarity."""
    share = sizes.double().clamp(min=1) / sizes.double().sum().clamp(min=1)
    weights = share.pow(-rarity)
    return (weights / (weights * share).sum()).float()
