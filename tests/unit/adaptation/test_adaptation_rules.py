"""Where the paper and the released code differ: each row of the table of :mod:`stylealign.adaptation.rules`."""

import pytest
import torch

from stylealign.adaptation.directions import text_guide
from stylealign.adaptation.loop import mixed
from stylealign.adaptation.losses import directional_loss
from stylealign.adaptation.objective import objective
from stylealign.adaptation.rules import PAPER, RELEASED, RULES
from stylealign.adaptation.state import begin, trained_parameters
from stylealign.adaptation.trained_layers import layers_of_rows, train_only, trained_with_rows, trained_without_choice
from stylealign.checkpoint import load_generator
from stylealign.config.adaptation import Adaptation

SAID = {"clips": {"tiny": 1}, "source_text": "a photo", "target_text": "a painting"}
CONVS = ("b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0", "b16.conv1")


@pytest.fixture
def G(make_family):
    return load_generator(make_family(0.1)["parent"])[0]


def names(*layers, parts=("weight", "noise_strength", "bias"), const=False):
    """The names of parts of layers, written out."""
    found = {f"synthesis.{layer}.{part}" for layer in layers for part in parts}
    return found | ({"synthesis.b4.const"} if const else set())


WITH_AFFINE = ("weight", "noise_strength", "bias", "affine.weight", "affine.bias")


def test_rows_of_w_stand_for_what_they_drive_or_for_what_the_released_list_holds(G):
    assert layers_of_rows(G, PAPER) == [*CONVS, None]
    assert layers_of_rows(G, RELEASED) == ["b4.conv1", "b4.torgb", *CONVS[1:]]


def test_what_is_trained_without_a_choice(G):
    assert set(trained_without_choice(G, PAPER)) == names(*CONVS, const=True)
    assert set(trained_without_choice(G, RELEASED)) == names(*CONVS, parts=WITH_AFFINE, const=True)


def test_what_rows_train_by_the_paper(G):
    assert set(trained_with_rows(G, [0, 3], PAPER)) == names("b4.conv1", "b16.conv0", const=True)
    assert set(trained_with_rows(G, range(6), PAPER)) == set(trained_without_choice(G, PAPER))
    assert trained_with_rows(G, [5], PAPER) == []


def test_what_rows_train_by_the_released_code(G):
    torgb = names("b4.torgb", parts=("weight", "bias", "affine.weight", "affine.bias"))
    assert set(trained_with_rows(G, [0, 3], RELEASED)) == names("b4.conv1", "b8.conv1", parts=WITH_AFFINE)
    assert set(trained_with_rows(G, [1], RELEASED)) == torgb
    assert set(trained_with_rows(G, range(6), RELEASED)) == names(*CONVS, parts=WITH_AFFINE) | torgb


@pytest.mark.parametrize("rules", ["paper", "released"])
def test_the_mapping_is_never_trained_and_lists_are_in_the_networks_order(G, rules):
    for num_layers in (None, 2):
        found = trained_parameters(G, Adaptation(**SAID, num_layers=num_layers), RULES[rules])
        assert not [name for name in found if name.startswith("mapping")]
        assert found == [name for name, _ in G.named_parameters() if name in found]


@pytest.mark.parametrize(("rules", "lr", "beta2"), [("paper", 0.002, 0.99), ("released", 0.0016, 0.99**0.8)])
def test_adam_is_the_papers_or_four_fifths_of_it(G, rules, lr, beta2):
    (group,) = begin(G, Adaptation(**SAID), RULES[rules]).optimiser.param_groups
    assert (group["lr"], *group["betas"]) == pytest.approx((lr, 0, beta2))


def test_crossovers_are_shared_or_each_networks_own():
    first, second = torch.zeros(2, 6, 3), torch.ones(2, 6, 3)
    adapt = Adaptation(**SAID, style_mixing_prob=1)
    cuts = [[int(mixed(first, second, adapt, 0, step, who)[0, :, 0].sum()) for step in range(30)] for who in "ab"]
    again = [int(mixed(first, second, adapt, 0, step, "a")[0, :, 0].sum()) for step in range(30)]
    assert cuts[0] == again != cuts[1]
    assert set(cuts[0]) == {1, 2, 3, 4, 5}  # never none and never all


def test_no_style_is_mixed_where_none_is_asked():
    first, second = torch.zeros(2, 6, 3), torch.ones(2, 6, 3)
    adapt = Adaptation(**SAID, style_mixing_prob=0)
    assert all(mixed(first, second, adapt, 0, step, "a") is first for step in range(20))


def test_texts_of_the_choice_and_of_the_global_loss_are_in_templates_or_raw(tiny_clip):
    adapt = Adaptation(**SAID, templates=("a drawing of {}", "{} on a wall"))
    paper, released = (text_guide(tiny_clip, 1, adapt, rules) for rules in (PAPER, RELEASED))
    mean = tiny_clip.embed_texts(["a drawing of a painting", "a painting on a wall"]).mean(0)
    torch.testing.assert_close(paper.goal, mean / mean.norm())
    assert torch.equal(paper.goal, paper.target)
    assert torch.equal(released.goal, tiny_clip.embed_texts(["a painting"])[0])
    assert torch.equal(released.target, tiny_clip.embed_texts(["a a painting"])[0])
    assert torch.equal(paper.direction, released.direction)


def test_where_nothing_changed_the_gradient_is_tame_by_the_paper_and_of_rounding_by_the_released_code(G, tiny_clip):
    adapt = Adaptation(**SAID)
    with torch.no_grad():
        x = G(torch.randn(2, 8, generator=torch.Generator().manual_seed(1)))
    sizes = {}
    for name, rules in RULES.items():
        leaf = x.clone().requires_grad_(True)
        loss, _ = objective(x, leaf, [text_guide(tiny_clip, 1, adapt, rules)], adapt, rules)
        loss.backward()
        sizes[name] = float(leaf.grad.abs().max())
        assert 0 <= float(loss.detach()) <= 2
    assert 0 < sizes["paper"] * 100 < sizes["released"]


def test_beyond_the_floor_both_rules_are_the_same_cosine():
    draw = torch.Generator().manual_seed(0)
    source, moved, direction = (torch.nn.functional.normalize(torch.randn(4, 9, generator=draw)) for _ in range(3))
    both = [directional_loss(source, moved, direction[0], floor) for floor in (0.05, 1e-30)]
    assert torch.equal(*both)


def test_what_is_not_chosen_keeps_weights_moments_and_step_count(G):
    run = begin(G, Adaptation(**SAID, num_layers=1), PAPER)
    parameters = dict(run.G.named_parameters())
    for row in (2, 2, 4):
        train_only(run.G, trained_with_rows(run.G, [row], PAPER))
        run.G(torch.ones(1, 8)).square().mean().backward()
        run.optimiser.step()
    steps = {name: int(run.optimiser.state[parameters[name]]["step"]) for name in names("b8.conv1", "b16.conv1")}
    assert {steps["synthesis.b8.conv1.weight"], steps["synthesis.b16.conv1.weight"]} == {1, 2}
    assert not run.optimiser.state.get(parameters["synthesis.b8.conv0.weight"])
    assert torch.equal(parameters["synthesis.b8.conv0.weight"], dict(G.named_parameters())["synthesis.b8.conv0.weight"])
