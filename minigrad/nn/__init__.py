"""Layers, losses and what holds them, as in `torch.nn`."""

from minigrad.nn import functional, init, utils
from minigrad.nn.applied import *
from minigrad.nn.containers import *
from minigrad.nn.convolution import *
from minigrad.nn.layers import *
from minigrad.nn.losses import *
from minigrad.nn.module import *
from minigrad.nn.parameter import *
