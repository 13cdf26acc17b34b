"""What the matrices hold: given, made up and computed, as they are or as they are shown."""
