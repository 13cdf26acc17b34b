"""Many machines: frames go out as tasks to the workers of Dask, and come back as PNG files."""
