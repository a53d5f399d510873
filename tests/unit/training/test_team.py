"""A part of a batch: its rows, its draws and its statistics are those of the whole; and what carries the messages."""

import numpy as np
import pytest
import torch
import torch.distributed as dist

from stylealign.errors import DeviceError
from stylealign.latents import Rows, normal, torch_stream, uniform
from stylealign.networks.discriminator import minibatch_std
from stylealign.networks.generator import Generator
from stylealign.training.augment import AugmentPipe
from stylealign.training.losses import Draws
from stylealign.training.team import ALONE, Team, backends

SHAPES = [(2, 4, 8), (2, 4, 16), (4, 2, 16), (3, 4, 24), (2, 1, 2), (1, 4, 8)]


def team(num, group):
    return [Team(rank, num, group) for rank in range(num)]


@pytest.mark.parametrize(("num", "group", "batch"), SHAPES)
def test_each_image_is_of_one_process_and_each_group_stays_whole(num, group, batch):
    x = torch.randn([batch, 3, 4, 4], generator=torch_stream(0, "x"))
    whole = minibatch_std(x, group)
    rows = [one.rows(batch) for one in team(num, group)]
    assert sorted(torch.cat(rows).tolist()) == list(range(batch))
    for mine in rows:
        assert torch.equal(minibatch_std(x[mine], group), whole[mine])


def test_half_a_batch_that_splits_no_groups_is_cut_into_runs():
    assert [one.rows(4).tolist() for one in team(2, 4)] == [[0, 1], [2, 3]]


@pytest.mark.parametrize(("draw", "sample"), [(normal, torch.randn), (uniform, torch.rand)])
def test_a_part_draws_its_rows_of_what_the_whole_draws(draw, sample):
    whole, streams = torch_stream(3, "draw"), [Rows(torch_stream(3, "draw"), 2, one.rows) for one in team(2, 2)]
    for width in (5, 2):  # the second draw goes on where the first ended
        expected = sample([8, width], generator=whole)
        for one, stream in zip(team(2, 2), streams, strict=True):
            assert torch.equal(draw([4, width], stream), expected[one.rows(8)])


def test_noise_and_augmentation_of_a_part_are_those_of_the_whole():
    G = Generator(z_dim=8, w_dim=8, mapping_layers=2, img_resolution=16, channel_base=64, channel_max=8)
    for name, parameter in G.named_parameters():
        if name.endswith("noise_strength"):
            torch.nn.init.constant_(parameter, 1.0)
    pipe = AugmentPipe()
    pipe.p.fill_(0.7)
    z = torch.randn([8, 8], generator=torch_stream(0, "z"))

    @torch.no_grad()
    def seen(one, rows):
        draws = Draws(0, "Gmain", 5, torch.device("cpu"), one)
        x = G(z[rows], noise_mode="random", generator=draws.stream("noise"))
        return pipe(x, draws.cpu_stream("augment_fake"))

    whole = seen(ALONE, slice(None))
    for one in team(2, 4):
        rows = one.rows(8)
        assert torch.allclose(seen(one, rows), whole[rows], atol=1e-5)
    assert not torch.allclose(seen(team(2, 4)[0], team(2, 4)[1].rows(8)), whole[team(2, 4)[1].rows(8)], atol=1e-2)


def test_one_process_alone_takes_everything_as_it_is():
    x = torch.ones(3)
    assert ALONE.gathered(x) is x
    ALONE.sum_([x])
    assert x.tolist() == [1, 1, 1]
    assert (ALONE.largest(15), ALONE.told(b"word"), ALONE.leads) == (15, b"word", True)
    assert isinstance(Draws(0, "Gmain", 0, torch.device("cpu")).stream("z"), torch.Generator)
    assert np.array_equal(ALONE.rows(4).numpy(), np.arange(4))


def test_gloo_speaks_between_cpus_and_nccl_between_gpus(monkeypatch):
    assert backends(torch.device("cpu")) == "gloo"
    with pytest.raises(DeviceError, match="processes train on cpu or cuda only"):
        backends(torch.device("mps"))
    monkeypatch.setattr(dist, "is_backend_available", lambda name: True)
    assert backends(torch.device("cuda")) == "cpu:gloo,cuda:nccl"
    monkeypatch.setattr(dist, "is_backend_available", lambda name: name == "gloo")
    with pytest.raises(DeviceError, match="no nccl; set processes to 1"):
        backends(torch.device("cuda", 1))
