"""Where every matrix lies, where the camera stands, and when each moves."""
