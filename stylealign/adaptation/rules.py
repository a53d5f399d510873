"""Where StyleGAN-NADA's paper and its released code differ: two sets of rules, chosen by ``adapt.rules``.

==================  ==============================================  ====================================================
What                paper                                           released
==================  ==============================================  ====================================================
layers              a convolution's weight, noise strength and      its affine layer too
                    bias; the constant input with b4.conv1
row i of W+ means   the convolution that it drives (none: the       0 b4.conv1, 1 **b4.torgb**, i >= 2 the (i - 2)th
                    last row drives a toRGB layer, which is         convolution above 4 x 4: one layer off, and the
                    frozen, and is never chosen)                    last never chosen as what it drives
constant input      trained with b4.conv1                           trained only where no layers are chosen
Adam                ``lr``, betas (0, 0.99)                         ``0.8 lr``, betas (0, 0.99 ** 0.8)
crossover, noise    drawn once, the same in both networks           drawn for each network on its own
texts               all are put into the templates                  those of the choice of layers and of the global loss
                                                                    are not (the latter after "a")
noise in the choice constant                                        random
no change yet       a cosine whose denominator has a floor: at the  the trained image is moved by 1e-6, so that the
                    first iteration both images are the same        direction is rounding
by images, choice   both towards the mean of the images             refused before any job starts: both would ask for
and global loss                                                     a text
==================  ==============================================  ====================================================

The same in both: the layers are chosen in the *trained* network (the paper's text says frozen, its figure and code do
not), with plain gradient descent in W+; what is not chosen keeps its weights, its Adam moments and its step count.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """One set of rules; each field is a row of the table above."""

    trains_affine: bool
    shifts_rows: bool
    ties_const: bool  # the constant input belongs to b4.conv1
    lazy_interval: int  # of :func:`stylealign.optim.lazy_adam`; 4 gives Adam 4/5 of its settings
    shares_draws: bool
    uses_templates: bool  # for the choice of layers and for the global loss
    nudges: bool


PAPER = Rules(
    trains_affine=False,
    shifts_rows=False,
    ties_const=True,
    lazy_interval=0,
    shares_draws=True,
    uses_templates=True,
    nudges=False,
)
RELEASED = Rules(
    trains_affine=True,
    shifts_rows=True,
    ties_const=False,
    lazy_interval=4,
    shares_draws=False,
    uses_templates=False,
    nudges=True,
)
RULES: dict[str, Rules] = {"paper": PAPER, "released": RELEASED}
