"""Training identity embeddings from three parts: network, sampling strategy, loss.

torch lives here and nowhere else.
"""
