"""One visualization as the stages made it, how two differ, and what frames and describes it."""
