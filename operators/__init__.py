"""The operators, a subject a file, and the sidebar; ``classes`` is what the extension registers, in this order."""
from . import beats, settings, story, story_files, story_panel
from .animate import MM_OT_animate, MM_OT_frame_camera
from .build import MM_OT_build, MM_OT_rebuild, MM_OT_remove
from .clipboard import MM_OT_copy_link, MM_OT_paste_link
from .figure import MM_OT_figure
from .inspector import MM_OT_inspect, MM_OT_spotlight
from .job import MM_OT_job
from .load import MM_OT_load_data
from .page import MM_OT_page
from .panel import panels
from .pick import MM_OT_pick, MM_OT_pick_visualization
from .presets import MM_MT_presets, MM_OT_load_preset, MM_OT_save_preset
from .render import MM_OT_render_movie, MM_OT_render_still
from .solid import MM_OT_solid_colours

classes = (
    beats.MM_Beat, settings.MM_Settings, settings.MM_Scene, story_panel.MM_Row,
    MM_OT_build, MM_OT_rebuild, MM_OT_load_data, MM_OT_remove, MM_OT_paste_link, MM_OT_copy_link, MM_OT_load_preset,
    MM_OT_save_preset, MM_MT_presets, MM_OT_pick, MM_OT_pick_visualization, MM_OT_animate, MM_OT_frame_camera,
    MM_OT_render_still, MM_OT_render_movie, MM_OT_job, MM_OT_figure, MM_OT_page, MM_OT_inspect, MM_OT_spotlight,
    MM_OT_solid_colours, *story.classes, *story_files.classes, story_panel.MM_UL_beats, *panels,
)
