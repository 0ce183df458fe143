"""Make a voucher campaign that looks real, carries known abuse, and comes out the same for the same seed.

``Plan`` says what is wanted, ``write_sample`` writes the CSV and, where asked, the answer keys. The honest crowd is
streamed in order of time (``crowd``); abuse and honest look-alikes are planted into it case by case (``abuse``,
``traps``), so that whoever judges a detector knows the truth. ``tools/generate_sample.py`` is the command.
"""

from __future__ import annotations

from campaign_sample.plan import Plan, PlanError
from campaign_sample.sample import Summary, write_sample

__all__ = ["Plan", "PlanError", "Summary", "write_sample"]
