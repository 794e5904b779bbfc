"""Data in batches, in the order that PyTorch's DataLoader would take. As `torch.utils.data`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from minigrad.dtypes import float64
from minigrad.functions.shape import stack
from minigrad.generator import Generator, stream
from minigrad.tensor import Tensor, as_tensor, tensor


class Dataset(Protocol):
    """Samples by number: whatever has a length and can be indexed, such as a list of pairs.

    As `torch.utils.data.Dataset`.

    >>> import minigrad as mg
    >>> class Squares(mg.data.Dataset):
    ...     def __len__(self):
    ...         return 3
    ...
    ...     def __getitem__(self, index):
    ...         return index, index**2
    >>> list(mg.data.DataLoader(Squares(), batch_size=3))
    [[tensor([0, 1, 2]), tensor([0, 1, 4])]]
    """

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


class TensorDataset(Dataset):
    """Tensors of one length, row by row: sample i is the tuple of their rows i.

    AssertionError where the lengths differ. As `torch.utils.data.TensorDataset`.

    >>> import minigrad as mg
    >>> pairs = mg.data.TensorDataset(mg.tensor([1.0, 2.0]), mg.tensor([3, 4]))
    >>> len(pairs), pairs[1]
    (2, (tensor(2.), tensor(4)))
    """

    def __init__(self, *tensors: Tensor) -> None:
        sizes = [len(each) for each in tensors]
        if not sizes or len(set(sizes)) > 1:
            raise AssertionError(f"Size mismatch between tensors: they have {sizes} rows.")
        self.tensors = tensors

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(each[index] for each in self.tensors)


class Subset(Dataset):
    """The samples of `dataset` at `indices`. As `torch.utils.data.Subset`.

    >>> import minigrad as mg
    >>> list(mg.data.Subset("abc", [2, 0]))
    ['c', 'a']
    """

    def __init__(self, dataset: Dataset, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]  # type: ignore[index]
        return self.dataset[self.indices[index]]


def random_split(
    dataset: Dataset, lengths: Sequence[float], generator: Generator | None = None
) -> list[Subset]:
    """Divide a data set at random into parts of these lengths, or of these fractions of 1.

    What rounding leaves over goes to the first parts, one each. ValueError where the
    lengths do not add up to all. As `torch.utils.data.random_split`.

    >>> import minigrad as mg
    >>> [len(part) for part in mg.data.random_split(range(11), [0.8, 0.2])]
    [9, 2]
    """
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        sizes = [math.floor(len(dataset) * part) for part in lengths]
        for i in range(len(dataset) - sum(sizes)):
            sizes[i % len(sizes)] += 1
    else:
        sizes = [int(length) for length in lengths]
    if min(lengths) < 0 or sum(sizes) != len(dataset):
        raise ValueError(
            f"The parts {list(lengths)} do not add up to the data set's {len(dataset)} samples, "
            "nor to 1."
        )
    order = iter(stream(generator).permutation(len(dataset)).tolist())
    return [Subset(dataset, list(itertools.islice(order, size))) for size in sizes]


def default_collate(batch: Sequence[Any]) -> Any:
    """Make one of many samples: tensors are stacked, numbers become a tensor, tuples lists.

    Samples of shape (…) make a batch (N, …). RuntimeError for samples of different shapes or
    lengths, TypeError for those of another kind. As `torch.utils.data.default_collate`.

    >>> import minigrad as mg
    >>> mg.data.default_collate([(1.0, 2), (3.0, 4)])
    [tensor([1., 3.], dtype=torch.float64), tensor([2, 4])]
    """
    first = batch[0]
    if isinstance(first, Tensor | np.ndarray | np.generic):
        return stack([as_tensor(each) for each in batch])
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, str):
        return batch
    if isinstance(first, Mapping):
        return {key: default_collate([each[key] for each in batch]) for key in first}
    if isinstance(first, Sequence):
        if len({len(each) for each in batch}) > 1:
            raise RuntimeError("Samples of different lengths cannot be put into one batch.")
        return [default_collate(parts) for parts in zip(*batch, strict=True)]
    raise TypeError(
        f"A batch is made of tensors, arrays, numbers, tuples or dicts, not of "
        f"{type(first).__name__}. Give the DataLoader a collate_fn."
    )


class DataLoader:
    """Goes through a data set in batches, as often as it is iterated over.

    `shuffle` takes another order each time, drawn from `generator` or the one that
    `mg.manual_seed` sets; both give PyTorch's order for the same seed. `drop_last` leaves
    out a last batch that is not full. `collate_fn` makes a batch of a list of samples.
    ValueError for a batch size below 1, an empty data set to shuffle, or worker processes;
    TypeError for another generator than `mg.Generator`. As `torch.utils.data.DataLoader`.

    >>> import minigrad as mg
    >>> loader = mg.data.DataLoader([(1.0, 0), (2.0, 1), (3.0, 0)], batch_size=2)
    >>> for x, y in loader:
    ...     print(x.tolist(), y.tolist())
    [1.0, 2.0] [0, 1]
    [3.0] [0]
    """

    def __init__(
        self, dataset: Dataset, batch_size: int = 1, shuffle: bool = False, *,
        num_workers: int = 0, collate_fn: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False, generator: Generator | None = None,
    ) -> None:  # fmt: skip
        if num_workers:
            raise ValueError(
                f"num_workers={num_workers}: batches are made in this process, without workers. "
                "Leave it out."
            )
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(generator, Generator | None):
            raise TypeError(f"generator is an mg.Generator, not {generator!r}.")
        if shuffle and not len(dataset):
            raise ValueError("There are no samples to shuffle: the data set is empty.")
        self.dataset = dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.collate_fn = collate_fn or default_collate
        self.drop_last = drop_last
        self.generator = generator

    def __len__(self) -> int:
        rounded = math.floor if self.drop_last else math.ceil
        return rounded(len(self.dataset) / self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        _draw_seed(stream(self.generator))  # PyTorch has one for its workers ready
        return self._batches()

    def _batches(self) -> Iterator[Any]:
        order = iter(self._order())
        while batch := list(itertools.islice(order, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield self._collated(batch)

    def _collated(self, batch: list[int]) -> Any:
        if self.collate_fn is default_collate and _takes_lists(self.dataset):
            return list(self.dataset[batch])  # type: ignore[index]
        return self.collate_fn([self.dataset[i] for i in batch])

    def _order(self) -> Iterable[int]:
        if not self.shuffle:
            yield from range(len(self.dataset))
            return
        generator = self.generator or Generator().manual_seed(_draw_seed(stream()))
        yield from generator.permutation(len(self.dataset)).tolist()
        # PyTorch's sampler draws a second order at the end, of which it takes nothing.
        generator.permutation(len(self.dataset))


def _takes_lists(dataset: Dataset) -> bool:
    """Whether samples are rows of tensors: taking several at once is many times faster."""
    if type(dataset) is Subset:
        return _takes_lists(dataset.dataset)
    return type(dataset) is TensorDataset


def _draw_seed(generator: Generator) -> int:
    return int(generator.integers(1, 0, 2**63)[0])
