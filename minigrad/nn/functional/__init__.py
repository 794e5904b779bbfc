"""`nn.functional`: what layers and losses compute, as functions that hold no weights."""

from minigrad.functions.activations import elu as elu
from minigrad.functions.activations import gelu as gelu
from minigrad.functions.activations import leaky_relu as leaky_relu
from minigrad.functions.activations import logsigmoid as logsigmoid
from minigrad.functions.activations import relu as relu
from minigrad.functions.activations import selu as selu
from minigrad.functions.activations import sigmoid as sigmoid
from minigrad.functions.activations import silu as silu
from minigrad.functions.activations import softplus as softplus
from minigrad.functions.indexing import one_hot as one_hot
from minigrad.functions.reductions import log_softmax as log_softmax
from minigrad.functions.reductions import softmax as softmax
from minigrad.functions.shape import pad as pad
from minigrad.functions.transcendental import tanh as tanh
from minigrad.nn.functional.images import *
from minigrad.nn.functional.layers import *
from minigrad.nn.functional.losses import *
