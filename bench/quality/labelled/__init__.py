"""Labelled campaigns of the project's own: a realistic honest background with planted abuse and honest look-alikes.

``sets`` says which campaigns there are, ``background`` makes the honest orders, ``abuse`` and ``lookalikes`` plant into them,
``campaign`` puts one together, ``files`` writes it with its labels. ``python -m bench.quality.generate`` is the command.
"""
