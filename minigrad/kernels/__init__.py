"""Fused loops: text generated from rules, compiled by Numba when it is first used."""
