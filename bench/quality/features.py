"""Where the scorecards cut their features. The features are the macro ``scorecard_features``; these are its names."""

from __future__ import annotations

from bench.quality.card import Feature

BEYOND = Feature((1.0, 2.0, 3.0, 4.5, 6.5, 9.0))  # standard deviations beyond what the campaign's share explains
SOME = Feature((1, 2, 3, 5))

SHOP = {
    "orders": Feature((2, 3, 5, 8)),  # few orders say little
    "modest_rebates": BEYOND,
    "unrounded": BEYOND,
    "near_optimum": BEYOND,
    "near_and_unrounded": BEYOND,
    "repeated_amounts": Feature((0.1, 0.3, 0.6, 0.9), direction=-1),  # a shop of one price explains much
    "exclusive_buyers": BEYOND,
    "exclusive_and_modest": BEYOND,
    "modest_repeat_buyers": BEYOND,
    "modest_elsewhere": BEYOND,
    "neighbours": BEYOND,
    "neighbours_modest": BEYOND,
    "linked_modest": BEYOND,
    "gap_peak": Feature((2, 3, 5, 8, 13)),
    "echo_buyers": Feature((1, 2, 4, 8)),
    "echo_share": Feature((0.15, 0.3, 0.5, 0.75)),
    "owner_orders": Feature((0.1, 0.25, 0.5, 0.75)),
}
CUSTOMER = {
    "shops_worst": Feature(8),
    "shops_mean": Feature(8),
    "whole_rebates": Feature((0.5, 1.0, 1.5, 2.0, 3.0, 4.5)),
    "all_whole": Feature((1, 2, 3, 5, 8)),
    "near_optimum": SOME,
    "unrounded": SOME,
    "unrounded_share": Feature((0.2, 0.4, 0.6, 0.8)),
    "unrounded_beyond": BEYOND,
    "gap_peak": Feature((2, 3, 5, 8, 13)),
    "neighbours": BEYOND,
    "neighbours_modest": BEYOND,
    "partners": Feature((1, 3, 6, 12)),
    "partners_whole": BEYOND,
    "echoes": SOME,
    "whole_reciprocal": SOME,
    "whole_at_owners": SOME,
    "vouchers_at_own_shop": SOME,
    "smallest_shop": Feature((5, 10, 20, 50, 100), direction=-1),
}
