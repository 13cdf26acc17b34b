"""Choices: what the sidebar's lists offer, each a (value, name, description)."""

from mm_blender import options
from mm_blender.expression import algorithms, schema
from mm_blender.system import file_formats


def _items(meanings, **titles: str) -> tuple:
    """The choices of a setting with what the schema says of each; ``titles`` where a name is not its own."""
    return tuple((name, titles.get(name, " ".join(word.capitalize() for word in name.split())),
                  _sentence(text)) for name, text in meanings.items())


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def sweeps() -> tuple:
    """The algorithms that there are, behind the choice that nothing sweeps and before that of what the parent does."""
    return tuple((name, algorithms.title(name), _sentence(text)) for name, text in algorithms.CHOICES.items())


SCHEMES = _items(schema.SCHEMES)
ALGORITHMS, INHERIT = sweeps()[:-1], sweeps()[-1:]
FUSE = _items(schema.FUSE, none="One after the other", sync="Together", **{"async": "As soon as possible"})
SENSITIVITY = _items(schema.SENSITIVITIES)
NORMS = _items(schema.NORMS, log="Logarithmic", symlog="Symmetric Log")
LOOKS = _items(options.LOOKS)
PLACEMENTS = {key: _items(schema.BY_KEY["layout"][key].choices)
              for key in ("polarity", "left placement", "right placement", "result placement")}
LETTERINGS = (("beside", "Beside", "Upright beside the matrices, of one size and off each other"),
              ("planes", "In the Planes", "Lying in the planes of the matrices, as in the web tool"),
              ("none", "None", "No names and no shapes"))
PROJECTIONS = (("auto", "As the Look", "What suits the look: orthographic for the flat one, else perspective"),
               ("perspective", "Perspective", "As the eye sees"),
               ("orthographic", "Orthographic", "Without vanishing points: equal elements are equally large"),
               ("isometric", "Isometric", "Orthographic along a diagonal: the three axes are alike"),
               ("cabinet", "Cabinet", "The front as it is; what goes back is drawn at 45 degrees and half its length"))
SCHEDULERS = (("plain", "Commands", "A list of commands, for whatever runs commands on many machines"),
              ("slurm", "Slurm", "An array of tasks, and one that encodes the movie"),
              ("flamenco", "Flamenco", "A job for Blender's own manager of render farms"))
REPRESENTATIONS = (("auto", "As It Suits", "By the number of elements and how near the camera comes"),
                   ("instances", "Instances", "A cube an element; the most exact, slow beyond some hundred thousand"),
                   ("faces", "Faces", "The same cubes as one mesh: for very many seen near by"),
                   ("tiles", "Tiles", "A quad a matrix on which cubes are drawn: for very many seen from afar"))
PLACES = (("below", "Below", "Under the picture, in the middle"), ("beside", "Beside", "At the right edge, halfway up"))
EASES = (("none", "None", "As its pace says"), ("in", "In", "It starts gently"), ("out", "Out", "It stops gently"),
         ("both", "In and Out", "It starts and stops gently"))
MOVIES = (("mp4 h264", "MP4, H.264", "Plays everywhere"),  # ending and codec
          ("mp4 av1", "MP4, AV1", "Smaller, for what is new enough, where this Blender has that codec"),
          ("webm vp9", "WebM, VP9", "For web pages; keeps what is transparent"),
          ("webm av1", "WebM, AV1", "For web pages, smaller, where this Blender has that codec"),
          ("gif", "GIF", "For places that play nothing else; large, and of 256 colours"),
          ("webp", "WebP", "A moving picture, smaller than GIF; keeps what is transparent"),
          ("frames", "Frames", "A folder of PNG files; keeps what is transparent"))
LOOPS = (("auto", "As Usual", "GIF and WebP repeat for ever, the others say nothing of it"),
         ("yes", "Repeat", "The last frame is left out where it is the first one again"),
         ("no", "Once", "GIF and WebP are played once"))
POSTERS = (("none", "None", "No picture beside the movie"), ("last", "Last Frame", "What it ends with, as a PNG file"),
           ("at", "At a Second", "What it shows then, as a PNG file"))
INITS = _items(schema.INITS)
FORMATS = tuple((each.endings[0].removeprefix("."), each.title, each.about)
                for each in file_formats.written_by("figure"))
EPILOGS = ("none", "relu", "gelu", "sigmoid", "silu", "tanh", "layernorm", "softmax", "x/k", "x/sqrt(k)",
           "softmax(x/sqrt(k))", "softmax(tril(x/sqrt(k)))", "x**2")
