"""Jobs: a movie as a folder that a scheduler renders, on machines that have Blender and nothing of ours."""
