"""Small data sets, and the loader that hands them out in batches."""

from minigrad.data.loader import (
    DataLoader,
    Dataset,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)
from minigrad.data.sets import blobs, circles, digits, line, moons, spirals

__all__ = [
    "DataLoader", "Dataset", "Subset", "TensorDataset", "blobs", "circles", "default_collate",
    "digits", "line", "moons", "random_split", "spirals",
]  # fmt: skip
