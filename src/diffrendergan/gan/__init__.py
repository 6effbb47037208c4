"""Regression network, generator, discriminator, training, checkpoints, choice of the epoch."""
