"""How long minigrad takes, side by side with what a student would install instead.

python -m benchmarks                everything, and the results are stored
python -m benchmarks w1 w2          only these, and they are printed
python -m benchmarks w2 --quick     a tenth of the rounds
"""
