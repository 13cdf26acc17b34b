"""The group that spells values: a point a character, by the rule of ``numerals.write``."""
from __future__ import annotations

import bpy

from ...digits import AUTO, DECIMALS, RULES, SIGNIFICANT
from ...lettering.numerals import DEEPEST, DIGIT, INFINITY, LARGEST_FIXED, LARGEST_POWER, LEAST_POWER, POINT
from .builder import ensure, Socket, Tree
from .cube_group import LARGEST_FLOAT

NAME = "mm Spell 3"
GLYPHS = "0123456789.−e∞na+"  # in the order of the glyphs' instances
ANY_DECIMALS = RULES.index(AUTO)
DOT, MINUS, EXPONENT, BOUNDLESS, LETTER_N, LETTER_A, PLUS = range(10, 17)


def build() -> bpy.types.NodeTree:
    """The group that makes of each point with a value one for each of its characters."""
    return ensure(NAME, "GeometryNodeTree", _fill)


def _fill(tree: Tree) -> None:
    points = tree.input("Geometry", "Geometry", description="Points with the attribute 'value'")
    decimals = tree.input("Decimals", "Int", 2, "Decimals of small numbers; larger ones show fewer", 0, 4)
    rule = tree.input("Rule", "Int", RULES.index(AUTO), "0: as many decimals as are comfortable, 1: always so many, 2: "
                      "so many significant figures", 0, len(RULES) - 1)
    signed = tree.input("Signed", "Bool", False, "Whether what is above zero has a sign")
    value = tree.attribute("value")
    of = Parts(tree, value, decimals, rule)
    scientific, exponent, infinite, nan = of.scientific, of.exponent, of.infinite, of.nan
    digits = tree.switch(scientific, of.fixed, of.mantissa, "INT")
    behind = tree.switch(scientific, of.behind, tree.integer("SUBTRACT", of.figures, 1), "INT")
    strange = _either(tree, infinite, nan)
    # a leading zero stands before the point, so there is one digit more than there are decimals
    needed = tree.integer("ADD", 1, at_least(tree, digits, [10 ** k for k in range(1, 8)]))
    count = tree.integer("MAXIMUM", needed, tree.integer("ADD", behind, 1))
    plus = tree.both(signed, tree.compare("GREATER_THAN", value, 0.0))
    negative = _either(tree, tree.compare("LESS_THAN", value, 0.0), plus)  # or has a sign that says it is not
    falls = tree.compare("LESS_THAN", exponent, 0, "INT")
    power = tree.integer("ABSOLUTE", exponent)
    power_digits = tree.integer("ADD", 1, tree.compare("GREATER_EQUAL", power, 10, "INT"))
    dot = tree.compare("GREATER_THAN", behind, 0, "INT")
    tail = tree.integer("ADD", tree.integer("ADD", power_digits, falls), 1)
    length = tree.integer("ADD", tree.integer("ADD", count, dot), tree.switch(scientific, 0, tail, "INT"))
    length = tree.switch(infinite, tree.switch(nan, length, 3, "INT"), 1, "INT")
    length = tree.integer("ADD", length, negative)
    has_dot = tree.both(dot, tree.negate(strange))
    width = length * DIGIT - has_dot * (DIGIT - POINT) + infinite * (INFINITY - DIGIT)
    kept = {"digits": digits, "count": count, "behind": behind, "power": power, "power_digits": power_digits,
            "falls": falls, "negative": negative, "plus": plus,
            "kind": tree.switch(nan, tree.switch(infinite, 0, 1, "INT"), 2, "INT")}
    for name, field in kept.items():
        points = tree.store(points, f"spell_{name}", field, "INT")
    points = tree.store(points, "width", width)
    copies = tree.node("GeometryNodeDuplicateElements", set={"domain": "POINT"},
                       into={"Geometry": points, "Amount": length})
    characters = tree.store(Socket(tree, copies.outputs["Geometry"]), "slot",
                            Socket(tree, copies.outputs["Duplicate Index"]), "INT")
    glyph, pen = _character(tree, {name: tree.attribute(f"spell_{name}", "INT") for name in kept})
    characters = tree.store(characters, "pen", pen)
    tree.output(Geometry=tree.store(characters, "glyph", glyph, "INT"))


class Parts:
    """What the spelling of a value depends on: ``fixed`` (the number without its decimal point, ``behind`` digits of
    which stand behind it) or, if ``scientific``, ``figures`` digits, ``mantissa``, and ``exponent``; ``infinite``,
    ``nan``."""

    def __init__(self, tree: Tree, value: Socket, decimals: Socket, rule: Socket | int = ANY_DECIMALS):
        size = abs(value)
        self.infinite = tree.compare("GREATER_THAN", size, LARGEST_FLOAT)
        strange = tree.negate(tree.compare("EQUAL", value, value))  # true for NaN, and for infinities
        self.nan = tree.both(strange, tree.negate(self.infinite))
        significant = tree.compare("EQUAL", rule, RULES.index(SIGNIFICANT), "INT")
        self.figures = tree.switch(significant, 2, decimals, "INT")
        # half of the exponent at a time, which keeps the powers of ten in range
        exponent = _whole(tree, tree.math("LOGARITHM", size, 10.0) + 1e-6)
        half = _whole(tree, exponent * 0.5)
        rest = tree.integer("SUBTRACT", exponent, half)
        first = tree.integer("POWER", 10, tree.integer("SUBTRACT", self.figures, 1))
        mantissa = _whole(tree, size / tree.math("POWER", 10.0, half) / tree.math("POWER", 10.0, rest) * first + 0.5)
        over = tree.compare("GREATER_EQUAL", mantissa, tree.integer("MULTIPLY", first, 10), "INT")
        self.mantissa = tree.switch(over, mantissa, first, "INT")
        self.exponent = tree.integer("ADD", exponent, over)
        some = tree.compare("GREATER_THAN", size, 0.0)
        tiny = tree.both(tree.compare("LESS_THAN", size * tree.math("POWER", 10.0, decimals), 0.5), some)
        wide = _either(tree, tiny, tree.compare("GREATER_EQUAL", size, LARGEST_FIXED))
        far = _either(tree, tree.compare("LESS_THAN", self.exponent, LEAST_POWER, "INT"),
                      tree.compare("GREATER_EQUAL", self.exponent, LARGEST_POWER, "INT"))
        self.scientific = tree.switch(significant, wide, tree.both(far, some), "BOOLEAN")
        in_front = tree.integer("ADD", 1, at_least(tree, size, [10.0, 100.0, 1000.0, 10000.0]))
        fewer = tree.integer("MAXIMUM", tree.integer("SUBTRACT", decimals, at_least(
            tree, size, [100.0, 1000.0, 10000.0])), 0)
        always = tree.integer("MINIMUM", decimals, tree.integer("SUBTRACT", DEEPEST, in_front))
        behind = tree.switch(tree.compare("EQUAL", rule, RULES.index(DECIMALS), "INT"), fewer, always, "INT")
        place = tree.switch(some, tree.integer("SUBTRACT", decimals, 1), tree.integer("SUBTRACT", tree.integer(
            "SUBTRACT", decimals, 1), self.exponent), "INT")  # of the last figure
        self.behind = tree.switch(significant, behind, tree.integer("MAXIMUM", place, 0), "INT")
        zeros = tree.integer("POWER", 10, tree.integer("MAXIMUM", tree.integer("SUBTRACT", 0, place), 0))
        self.fixed = tree.switch(significant, _whole(tree, size * tree.math("POWER", 10.0, behind) + 0.5),
                                 tree.integer("MULTIPLY", self.mantissa, zeros), "INT")


def at_least(tree: Tree, what: Socket, limits: list) -> Socket:
    """How many of the ``limits`` a number reaches."""
    kind = "INT" if isinstance(limits[0], int) else "FLOAT"
    count = tree.compare("GREATER_EQUAL", what, limits[0], kind)
    for limit in limits[1:]:
        count = tree.integer("ADD", count, tree.compare("GREATER_EQUAL", what, limit, kind))
    return count


def _character(tree: Tree, of: dict[str, Socket]) -> tuple[Socket, Socket]:
    """The glyph of a point's slot, and how far its middle is from the middle of the text, in sizes of the font."""
    slot = tree.attribute("slot", "INT")
    at = tree.integer("SUBTRACT", slot, of["negative"])
    in_front = tree.integer("SUBTRACT", of["count"], of["behind"])
    dot = tree.compare("GREATER_THAN", of["behind"], 0, "INT")
    mantissa = tree.integer("ADD", of["count"], dot)

    def digit(number: Socket, count: Socket, place: Socket) -> Socket:
        from_right = tree.integer("SUBTRACT", tree.integer("SUBTRACT", count, 1), place)
        power = tree.integer("POWER", 10, tree.integer("MAXIMUM", from_right, 0))
        return tree.integer("MODULO", tree.integer("DIVIDE_FLOOR", number, power), 10)

    after_dot = tree.both(dot, tree.compare("GREATER_THAN", at, in_front, "INT"))
    glyph = digit(of["digits"], of["count"], tree.integer("SUBTRACT", at, after_dot))
    is_dot = tree.both(dot, tree.compare("EQUAL", at, in_front, "INT"))
    glyph = tree.switch(is_dot, glyph, DOT, "INT")
    beyond = tree.integer("SUBTRACT", at, mantissa)  # 0: the e, then a sign, then the exponent
    power = digit(of["power"], of["power_digits"], tree.integer("SUBTRACT", tree.integer("SUBTRACT", beyond, 1),
                                                                of["falls"]))
    signed = tree.both(tree.compare("EQUAL", beyond, 1, "INT"), tree.compare("EQUAL", of["falls"], 1, "INT"))
    power = tree.switch(signed, power, MINUS, "INT")
    power = tree.switch(tree.compare("EQUAL", beyond, 0, "INT"), power, EXPONENT, "INT")
    glyph = tree.switch(tree.compare("GREATER_EQUAL", beyond, 0, "INT"), glyph, power, "INT")
    middle = tree.compare("EQUAL", at, 1, "INT")
    infinite, nan = (tree.compare("EQUAL", of["kind"], kind, "INT") for kind in (1, 2))
    glyph = tree.switch(nan, glyph, tree.switch(middle, LETTER_N, LETTER_A, "INT"), "INT")
    glyph = tree.switch(infinite, glyph, BOUNDLESS, "INT")
    sign = tree.switch(tree.compare("EQUAL", of["plus"], 1, "INT"), MINUS, PLUS, "INT")
    glyph = tree.switch(tree.compare("LESS_THAN", at, 0, "INT"), glyph, sign, "INT")

    number = tree.compare("EQUAL", of["kind"], 0, "INT")
    past = tree.both(number, tree.both(dot, tree.compare("GREATER_THAN", at, in_front, "INT")))
    half_dot = tree.both(is_dot, number)
    half_infinity = tree.both(infinite, tree.compare("GREATER_EQUAL", at, 0, "INT"))
    left = (slot + 0.5) * DIGIT - (past + half_dot * 0.5) * (DIGIT - POINT) + half_infinity * ((INFINITY - DIGIT) / 2)
    return glyph, left - tree.attribute("width") * 0.5


def _whole(tree: Tree, x: Socket) -> Socket:
    """``x`` rounded down."""
    return tree.get("FunctionNodeFloatToInt", set={"rounding_mode": "FLOOR"}, into={"Float": x})


def _either(tree: Tree, a: Socket, b: Socket) -> Socket:
    return tree.get("FunctionNodeBooleanMath", set={"operation": "OR"}, into={0: a, 1: b})
