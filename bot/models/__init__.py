"""The guard that abstains: a small calibrated model that can turn a strategy's proposal down, and nothing else.

features    numbers of a signal's evidence and of its hour
folds       days kept apart: blocks, walks forward, purge and embargo
fit         training (the only page that imports scikit-learn)
record      the model as a file, and how it answers
betting     what several bets have made together
novelty     whether a candidate, or the stream of them, is like what was calibrated on
monitor     whether what was promised is still kept
judge       one strategy's guard at the desk, numpy only
drawing     the calibration as a picture
"""
