"""What the frames of a movie show, in digests that are equal if and only if it is the same."""
