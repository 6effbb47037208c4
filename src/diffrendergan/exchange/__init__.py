"""Models and images in the formats of others: out, and in again."""
