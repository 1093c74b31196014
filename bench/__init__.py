"""The benchmark: a desk of a given size, real processes, and what one request costs them. See README.md."""
