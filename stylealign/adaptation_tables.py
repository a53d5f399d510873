"""The tables of adaptation by text and by few images (StyleGAN-NADA)."""

from stylealign.columns import ADAPTATION, Table, boolean, integer, number, string

_JUDGE = string("judge", "the judge that measured, by its name in the config")
_SEED = integer("seed", "the study's seed")

QUALITY_DIVERSITY = Table(
    "quality_diversity",
    "StyleGAN-NADA, 5.3, Figure 12",
    ADAPTATION,
    "How near to the target domain, how different from each other, and how near to its training images",
    (
        string("domain", "the target domain"),
        string("model", "the model measured; (real): images of the domain"),
        string("role", "adapted (never saw the domain's images), parent, trained (on them), or real"),
        number("kid", "squared MMD to held-out images, smaller is better; real: of equally many training images"),
        number("kid_low", "lower end of the bootstrap interval over images (95 %)"),
        number("kid_high", "upper end of the bootstrap interval over images (95 %)"),
        number("diversity", "mean distance of two images of a cluster, mean over clusters; real: of held-out images"),
        number("diversity_low", "lower end of its bootstrap interval over images, the clusters as found (95 %)"),
        number("diversity_high", "upper end of its bootstrap interval over images, the clusters as found (95 %)"),
        integer("num_clusters", "clusters of two images or more"),
        number("nearest", "distance of an image to the nearest training image of the domain, mean over images"),
        number("nearest_low", "lower end of its bootstrap interval over images (95 %)"),
        number("nearest_high", "upper end of its bootstrap interval over images (95 %)"),
        number("nearest_least", "the smallest such distance"),
        number("nearest_ratio", "nearest by that of held-out images; far below 1: training images are copied"),
        number("ratio_low", "lower end of its bootstrap interval over images of both (95 %)"),
        number("ratio_high", "upper end of its bootstrap interval over images of both (95 %)"),
        number("least_ratio", "nearest_least by that of as many held-out images"),
        integer("num_images", "images whose diversity and nearest training images are measured"),
        integer("num_gen", "generated images (real: training images) of KID"),
        integer("num_real", "held-out images of KID"),
        integer("num_train", "training images among which the nearest is looked for"),
        string("protocol", "which images, truncation and clusters"),
        _JUDGE,
        _SEED,
    ),
    ("domain", "role", "model"),
)

CLIP_SPACE = Table(
    "clip_space",
    "StyleGAN-NADA, Appendix, Figure 15",
    ADAPTATION,
    "Where a CLIP sees real images, generated ones and texts, and how far each cloud spreads",
    (
        string("view", "the plane, by its name in the config"),
        string("kind", "real, generated or text"),
        string("name", "the domain, the model or the text"),
        string("note", "what it is: by which loss it was adapted"),
        integer("num", "images (of a text 1)"),
        number("x", "mean along the first principal component of the real images' embeddings"),
        number("y", "mean along the second"),
        number("spread", "mean cosine distance of two images, in all of the space (of a text NaN)"),
        number("spread_low", "lower end of its bootstrap interval over images (95 %)"),
        number("spread_high", "upper end of its bootstrap interval over images (95 %)"),
        number("parent_ratio", "spread by that of its parent's images of the same z (NaN: its parent is not seen)"),
        number("ratio_low", "lower end of its bootstrap interval over z (95 %)"),
        number("ratio_high", "upper end of its bootstrap interval over z (95 %)"),
        number("variance_kept", "part of the real images' variance that the plane shows"),
        string("protocol", "which real images the plane is fitted to, which truncation and noise"),
        _JUDGE,
        _SEED,
    ),
    ("view", "kind", "name"),
)

EDITS_ACROSS_DOMAINS = Table(
    "edits_across_domains",
    "StyleGAN-NADA, 5.2, Figures 8 and 9, measured",
    ADAPTATION,
    "A parent's real images and its edits of them, rendered by adapted models: what is kept, what edits still do",
    (
        string("parent", "the model in which the images were inverted, and whose edits they are"),
        string("model", "the adapted model"),
        string(
            "measure",
            "kept (Spearman's correlation of the attribute between both models' renderings of one inversion), "
            "shuffled (the same of other images: the control), effect (of an edit, by its effect in the parent)",
        ),
        string("attribute", "the judged attribute; of kept, (mean) is over those that the text does not name"),
        string("edit", "the edit of effect: direction or channels"),
        number("value", "correlation, or ratio of effects (1: the same; 0: none)"),
        number("low", "lower end of its bootstrap interval over images (95 %)"),
        number("high", "upper end of its bootstrap interval over images (95 %)"),
        number("effect_in_parent", "mean change per +strength, in deviations over the parent's renderings (else NaN)"),
        number("effect_in_model", "the same in the model, in the same unit (else NaN)"),
        boolean("is_named", "whether the model's text names the attribute, so that it need not be kept"),
        number("strength", "size of the edits, in standard deviations of the parent's samples"),
        integer("num_images", "inverted images"),
        string("protocol", "which images, and how their codes were found"),
        _JUDGE,
        number("judge_score", "the judge's held-out R2 for the attribute, on the worse of both domains (NaN: unknown)"),
        _SEED,
    ),
    ("parent", "model", "measure", "attribute", "edit"),
)

TABLES: tuple[Table, ...] = (QUALITY_DIVERSITY, CLIP_SPACE, EDITS_ACROSS_DOMAINS)
