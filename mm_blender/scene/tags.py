"""Tags: the names under which we write properties to Blender's datablocks, all of them.

They are in .blend files that people have, so none may ever mean something else.
"""
from __future__ import annotations

# ---- on objects
PART = "mm_part"              # which part of a visualization it is, see ``parts``
OWN = "mm_own"                # the name that we gave: a copy has another; on collections, too
PATH = "mm_path"              # of the matrix that it shows
ROLE = "mm_role"              # of a matrix: leaf or result; of what moves inside a box: sweep
NAME = "mm_name"              # of a matrix, as the expression has it
ROWS, COLS = "mm_rows", "mm_cols"  # of a matrix: its size
EPILOG = "mm_epilog"          # of a result, as text
NOTE = "mm_note"              # of a matrix that is shown reduced: of what its cells are cells
CELL_ROWS, CELL_COLS = "mm_cell_rows", "mm_cell_cols"  # and how its rows and columns are parted
LABEL = "mm_label"            # the path of the matrix that a text, a pin or a number is about
ROW, COL = "mm_row", "mm_col"  # of the element that a pin is on
KIND = "mm_kind"              # of a text: name, shape, label …
KEY = "mm_key"                # what belongs to the keys in the planes
ROWS_OF = "mm_rows_of"        # the path of the matrix whose row guides these are
FLOW_OF = "mm_flow_of"        # the path of the matmul whose arrow this is
HUNG = "mm_hung"              # where a name was hung
PLAYHEAD = "mm_playhead"      # the path of the matmul whose sweep this moves
PLAYHEAD_KEYS = "mm_keys"     # which keys we gave it
LARGEST = "mm_largest"        # the largest magnitude that a thing inside a box ever shows
FLOW_SIZE = "mm_flow_size"    # how large that is, of what the setting says; 0: it is left out
AIMED = "mm_aimed"            # where a camera was put
TURNTABLE = "mm_turntable"    # what turns the camera
SLANT = "mm_slant"            # what shears the whole for a cabinet projection
STORY = "mm_story"            # of what a story put into the scene: which of it, see ``story_objects``
STORY_KEYS = "mm_story_keys"  # which keys we gave it
STORY_ASPECT = "mm_story_aspect"  # of the story's camera: the shape of picture that it was framed for
HIDDEN = "mm_hidden"          # an object of the start-up file that we hid
NOT_SOLID = "mm_not_solid"    # hidden while Workbench shows colours

# ---- on collections
STATE = "mm_state"            # parameters, options and what was given, as JSON
CALLED = "mm_called"          # the name that a person gave
ID = "mm_id"                  # what a visualization and its copies have in common
PITCH, STEPS = "mm_pitch", "mm_steps"  # from element to element in metres; of the sweep. On a scene of ours, too
FIRST_FRAME, LAST_FRAME, KEYED = "mm_first_frame", "mm_last_frame", "mm_keyed"  # of what moves
MARKERS = "mm_markers"        # what we wrote into the timeline
BEATS = "mm_beats"            # the names of the markers of a story's beats, in their order
TOLD = "mm_told"              # the frame at which a story was begun, and how many there were to a second
WORLD = "mm_world"            # the world of the look
TOOK = "mm_took"              # which record of what was taken of a scene is ours
PICTURE = "mm_picture"        # how it was rendered last
MEMBER = "mm_member"          # of several side by side: which one it is, from 0, which has the camera and suns of all
PICKED = "mm_picked"          # the path of the matrix that the sidebar shows
BEAT = "mm_beat"              # the beat that the sidebar shows, from 0

# ---- on others
TAKEN = "mm_taken"            # on a scene: what was taken of it
LOOK = "mm_look"              # on a world of ours
MADE = "mm_made"              # on materials and worlds: how we made them
