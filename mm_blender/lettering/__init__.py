"""The words and keys around matrices, and where they stand."""
