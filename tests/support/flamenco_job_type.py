"""What Flamenco 3 asks of a job of its type ``simple-blender-render``, and of any job.

A record of the settings in ``internal/manager/job_compilers/scripts/simple_blender_render.js`` and of ``SubmittedJob``
in ``pkg/api/flamenco-openapi.yaml`` of Flamenco's source (projects.blender.org/studio/flamenco, 3.9): names, types,
whether they are required.
"""
SETTINGS = {
    "frames": (str, True), "chunk_size": (int, False), "render_output_root": (str, True),
    "add_path_components": (int, True), "render_output_path": (str, False), "blendfile": (str, True),
    "fps": (float, False), "format": (str, True), "image_file_extension": (str, True), "has_previews": (bool, False),
    "scene": (str, True),
}
JOB = {"name": (str, True), "type": (str, True), "type_etag": (str, False), "priority": (int, True),
       "settings": (dict, False), "metadata": (dict, False), "submitter_platform": (str, True),
       "storage": (dict, False), "worker_tag": (str, False)}
VIDEOS = ("FFMPEG", "AVI_RAW", "AVI_JPEG")  # formats that the type refuses


def faults(job: dict) -> list[str]:
    """What Flamenco would find wrong with a job."""
    out = [*_faults("job", job, JOB), *_faults("setting", job.get("settings", {}), SETTINGS)]
    settings = job.get("settings", {})
    if settings.get("format") in VIDEOS:
        out.append("the type renders pictures only")
    if not settings.get("render_output_path"):
        out.append("the script of the type stops without render_output_path")
    return out


def _faults(what: str, given: dict, known: dict) -> list[str]:
    unknown = [f"{what} {name} is not known" for name in given if name not in known]
    missing = [f"{what} {name} is missing" for name, (_, needed) in known.items() if needed and name not in given]
    other = [f"{what} {name} is {given[name]!r}" for name, (kind, _) in known.items()
             if name in given and type(given[name]) is not kind]
    return unknown + missing + other
