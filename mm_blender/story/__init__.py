"""Stories: a film told in beats (what the sweep does, what is looked at, lit and said), and its timeline."""
