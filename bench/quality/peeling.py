"""Greedy peeling of a bipartite graph into its dense blocks, as FRAUDAR does it (Hooi et al., KDD 2016)."""

from __future__ import annotations

import heapq

import numpy as np


def block_densities(left: np.ndarray, right: np.ndarray, weights: np.ndarray, blocks: int) -> np.ndarray:
    """Return per node, the left ones first, the density of the first dense block it is in.

    left, right, weights: the edges; nodes are numbered from 0 on each side. After each block its edges are taken away.
    """
    lefts = int(left.max()) + 1
    density = np.zeros(lefts + int(right.max()) + 1)
    for _ in range(blocks):
        block, height = densest_block(left, right + lefts, weights, len(density))
        density[block & (density == 0)] = height
        outside = ~(block[left] & block[right + lefts])
        left, right, weights = left[outside], right[outside], weights[outside]
        if not len(left):
            break
    return density


def densest_block(left: np.ndarray, right: np.ndarray, weights: np.ndarray, nodes: int) -> tuple[np.ndarray, float]:
    """Return which nodes the block of the highest mean weight per node has, and that mean, by taking off the lightest first."""
    degree = np.bincount(left, weights, nodes) + np.bincount(right, weights, nodes)
    neighbours: list[list[tuple[int, float]]] = [[] for _ in range(nodes)]
    for one, other, weight in zip(left.tolist(), right.tolist(), weights.tolist(), strict=True):
        neighbours[one].append((other, weight))
        neighbours[other].append((one, weight))
    present = degree > 0
    lightest = [(float(degree[node]), int(node)) for node in np.flatnonzero(present)]
    heapq.heapify(lightest)
    current, left_over, inside = degree.tolist(), len(lightest), present.tolist()
    total = float(weights.sum())
    best, best_size, taken = total / left_over, 0, []
    while left_over > 1:
        weight, node = heapq.heappop(lightest)
        if not inside[node] or weight != current[node]:
            continue  # an older entry of a node that has become lighter
        inside[node] = False
        taken.append(node)
        total -= weight
        left_over -= 1
        for other, edge in neighbours[node]:
            if inside[other]:
                current[other] -= edge
                heapq.heappush(lightest, (current[other], other))
        if total / left_over > best:
            best, best_size = total / left_over, len(taken)
    block = present.copy()
    block[taken[:best_size]] = False
    return block, best
