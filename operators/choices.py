"""Choices: what the sidebar's lists offer, each a (value, name, description)."""

SCHEMES = (("blocks", "Blocks", "Operands and results alternate, as blocks that fill up space"),
           ("zigzag", "Zigzag", "A chain turns this way and that"),
           ("wheel", "Wheel", "A chain goes round"),
           ("custom", "Custom", "Every matmul as it is set"))
ALGORITHMS = (("none", "None", "The finished product"),
              ("dotprod (row major)", "Dot products, row by row", "One element after the other, along the rows"),
              ("dotprod (col major)", "Dot products, column by column",
               "One element after the other, down the columns"),
              ("axpy", "axpy", "A column scaled and added at a time"),
              ("vmprod", "Vector times matrix", "A row of the result at a time"),
              ("mvprod", "Matrix times vector", "A column of the result at a time"),
              ("vvprod", "Outer products", "The result adds up plane by plane"))
INHERIT = (("inherit", "As its parent", "The sweep of the matmul that this one is an operand of"),)
FUSE = (("none", "One after the other", "A matmul starts when its operands are done"),
        ("sync", "Together", "Matmuls that can move in step do"),
        ("async", "As soon as possible", "Each goes on as soon as what it needs is there"))
SENSITIVITY = (("global", "Global", "Colours and sizes relative to the largest magnitude of all"),
               ("semilocal", "Semilocal", "Between global and local"),
               ("local", "Local", "Relative to the largest magnitude of each matrix"),
               ("superlocal", "Superlocal", "Between the smallest and the largest magnitude of each matrix"))
NORMS = (("linear", "Linear", "In proportion"),
         ("log", "Logarithmic", "By decades; of signed values, of their magnitudes"),
         ("symlog", "Symmetric Log", "By decades, and through zero in proportion"))
LOOKS = (("dark", "Dark", "Lit elements on a dark ground"),
         ("paper", "Paper", "Lit elements on white, as for print"),
         ("studio", "Studio", "Soft light on a neutral grey ground"),
         ("blueprint", "Blueprint", "Drawn edges on deep blue"),
         ("flat", "Flat", "Exactly the colours that the values stand for, seen without perspective"),
         ("unlit", "Unlit", "Exactly the colours that the values stand for, without light or shade"))
PROJECTIONS = (("auto", "As the Look", "What suits the look: orthographic for the flat one, else perspective"),
               ("perspective", "Perspective", "As the eye sees"),
               ("orthographic", "Orthographic", "Without vanishing points: equal elements are equally large"),
               ("isometric", "Isometric", "Orthographic along a diagonal: the three axes are alike"),
               ("cabinet", "Cabinet", "The front as it is; what goes back is drawn at 45 degrees and half its length"))
REPRESENTATIONS = (("auto", "As It Suits", "By the number of elements and how near the camera comes"),
                   ("instances", "Instances", "A cube an element; the most exact, slow beyond some hundred thousand"),
                   ("faces", "Faces", "The same cubes as one mesh: for very many seen near by"),
                   ("tiles", "Tiles", "A quad a matrix on which cubes are drawn: for very many seen from afar"))
INITS = tuple((name, name.capitalize(), text) for name, text in (
    ("rows", "Values rise from row to row"), ("cols", "Values rise from column to column"),
    ("row major", "Values rise along the rows"), ("col major", "Values rise down the columns"),
    ("pt linear", "As PyTorch initialises a linear layer"), ("uniform", "Uniform random numbers"),
    ("gaussian", "Normal random numbers"), ("tril mask", "Ones on and below the diagonal"),
    ("triu mask", "Ones on and above the diagonal"), ("eye", "The identity"),
    ("diff", "Differences of neighbours"), ("url", "From a file or an address"),
    ("expr", "From a formula of i, j, h and w")))
EPILOGS = ("none", "relu", "gelu", "sigmoid", "silu", "tanh", "layernorm", "softmax", "x/k", "x/sqrt(k)",
           "softmax(x/sqrt(k))", "softmax(tril(x/sqrt(k)))", "x**2")
