"""Files: stills, movies, figures, and the saved .blend."""
