"""Probes: where each variable of the task lives in the network, and does intervening there do what `do` says?

roles, counterparts          positions by meaning; problems of the same shape in which one thing is different
hooks, capture               what a model can be asked; activations and the logit lens
interventions                forward passes and decoding with an activation replaced
attention, patching, interchange, locate      the probes: model + problems -> tidy rows, each with its control
graph_roc                    heads and depths as detectors of the graph's edges
linear                       what a linear classifier reads off the residual stream, question by question
subspaces, alignment         learned subspaces; every variable on the path: which site carries it
tables, figures              shares, best sites, Parquet; rows -> pictures
"""
