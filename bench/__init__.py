"""How fast the portal is, as ratios against the floor: a bare Django page of 50 rows. See docs/benchmarks.md."""
