"""How well the fraud rules find what was planted: generated, labelled campaigns through the real pipeline."""
