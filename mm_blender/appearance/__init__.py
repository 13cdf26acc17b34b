"""From a value to the size and the colour of its cube."""
