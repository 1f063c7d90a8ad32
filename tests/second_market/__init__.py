"""A second market with known truth, made unlike the shipped one, so that no detector can lean on either.

Its book has many levels whose sizes are born by limit orders and die by cancels in proportion to what stands there
(after Cont, Stoikov and Talreja, 2010); market orders come as a two-sided Hawkes process with true exponential kernels,
a fast and a slow one; sizes have a Pareto tail; one order may print in pieces; activity follows a U over the day.
Plants are metaorders, hidden reserves and makers who stay away: order flow only, no price is ever written.
"""
