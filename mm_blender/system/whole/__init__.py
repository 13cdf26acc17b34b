"""Whether a file was written to its end, by the rules of its own format. What wrote it is not asked."""
