"""Matrices in text: what spreadsheets, numpy, pandas, R and people write is read, or refused with line and column."""
import io
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import mm_blender as mm
from mm_blender.data import regular_tables, table_cells
from mm_blender.data.tables import parse
from mm_blender.errors import DataError, MMWarning

nan, inf = np.nan, np.inf
TWO = [[1.5, 2], [3, 4]]


@pytest.mark.parametrize("body, x", [
    ("1.5,2\n3,4", TWO), ("1.5;2\n3;4", TWO), ("1.5\t2\n3\t4\n", TWO), ("1.5|2\n3|4", TWO), (" 1.5  2\n 3 4 \n", TWO),
    ("1.5, 2\n3, 4", TWO), ("1,5;2\n3;4", TWO), ("1,5\t2,0\n3\t4", TWO), ("1,5 2,0\n3 4", TWO), ("1,5 ; 2\n3 ; 4", TWO),
    ('"1.5","2"\n"3","4"', TWO), ('"1,5","2,0"\n"3","4"', TWO), ('"1,5";"2"\n3;4', TWO), ("1.5,2\r\n\r\n3,4\r\n", TWO),
    ("1.5,2\r3,4\r", TWO), ("sep=;\n1.5;2\n3;4", TWO), ('"sep=,"\r\n1.5,2\r\n3,4', TWO), ("sep=\t\n1.5\t2\n3\t4", TWO),
    ("# two\n1.5,2 # one\n3,4", TWO), ("% two\n1.5 2\n3 4", TWO), ("1.5,2\n3,4\x1a", TWO), ("\n\n1.5,2\n3,4\n\n", TWO),
    ("+1.5e0,2.\n3E+0,.4e1", TWO), ("nan,-inf\nInfinity,NaN", [[nan, -inf], [inf, nan]]), ("5", [[5]]),
    ("True,false\n1,0", [[1, 0], [1, 0]]), ("\u22121,2", [[-1, 2]]), ("1\n\n2\n", [[1], [2]]), ("3,14", [[3, 14]]),
    ("0,125;1,500\n0,5;2", [[0.125, 1.5], [0.5, 2]]), ("1e-60,1", [[0, 1]]),
    ("1 2,3 4\n5 6,7 8", [[1, 2.3, 4], [5, 6.7, 8]]),
])
def test_numbers_in_every_usual_form(body, x):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = parse(body.encode(), "m.csv")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(x, np.float32))


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_encodings(code):
    with pytest.warns(MMWarning, match=r"its header, line 1 \(Größe, Länge\), is left out"):
        np.testing.assert_array_equal(parse("Größe;Länge\n1,5;2\n3;4\n".encode(code), "m.csv"), TWO)
    np.testing.assert_array_equal(parse("1.5,2\r\n3,4\r\n".encode(code), "m.csv"), TWO)
    if code.startswith("utf-16-"):
        body = b"\xff\xfe" if code.endswith("le") else b"\xfe\xff"
        np.testing.assert_array_equal(parse(body + "1.5,2\n3,4".encode(code), "m.csv"), TWO)


@pytest.mark.parametrize("body, x, words", [
    ("a,b\n1.5,2\n3,4", TWO, r"its header, line 1 \(a, b\), is left out"), ("a b\n1.5 2\n3 4", TWO, r"\(a, b\)"),
    (",a,b\n0,1.5,2\n1,3,4", TWO, r"\(a, b\), and its first column, the names of the rows, are left out"),
    (",0,1\n0,1.5,2\n1,3,4", TWO, "first column"), ("Unnamed: 0,a,b\n7,1.5,2\n9,3,4", TWO, "first column"),
    ("d;v;w\n2020-01-01;1,5;2\n2020-01-02;3;4", TWO, "first column"),
    ('"V1" "V2"\n"1" 1.5 2\n"2" 3 4', TWO, "first column"),
    ('"","a","b"\n"x",1.5,2\n"y",3,4', TWO, "first column"), ("a,b\nx,1.5,2\ny,3,4", TWO, "first column"),
    ("k,a,b\n1,1.5,2\n2,3,4", [[1, 1.5, 2], [2, 3, 4]], r"\(k, a, b\), is left out"),  # a column with a name of its own
    ("1.5,2,\n3,4,", TWO, "its last column has nothing but separators and is left out"),
    ("1.5,2,,\n3,4,,\n,,,\n", TWO, "its last line has|its last 2 columns have"),
    ("a,b,\n1.5,2,\n3,4,", TWO, "last column|first"),
    ("t [s];%\n1,5;2\n3;4", TWO, r"\(t \[s\], %\), is left out"), ("€,Größe\n1.5,2\n3,4", TWO, "is left out"),
    ("16777217,1", [[16777216, 1]], "16777217 is drawn as 16777216"),
])
def test_what_is_left_out_is_said(body, x, words):
    with pytest.warns(MMWarning, match=words):
        np.testing.assert_array_equal(parse(body.encode(), "m.csv"), np.array(x, np.float32))


@pytest.mark.parametrize("body, words", [
    ("1,2\n3\n", ["line 2 has 1 cells where the lines before have 2", "decimal comma"]),
    ("1,2\n\n3,4,5\n", ["line 3 has 3 cells"]), ("1,2\n3;4", ["semicolons and others by commas"]),
    ("1,2\n3,x4\n", ["line 2, column 2 holds 'x4', which is no number"]), ("1,,2", ["line 1, column 2 is empty"]),
    ("1,2\n,\n3,4", ["line 2, column 1 is empty"]), ('a\n1\n""\n', ["line 3, column 1 is empty"]),
    ("a,b\n1,\n2,", ["line 2, column 2 is empty"]), (",2,3\n4,5,6", ["line 1, column 1 is empty"]),
    ("1,NA\n3,4", ["line 1, column 2 holds 'NA'", "missing value"]), ("1,-\n3,4", ["missing value"]),
    ("#N/A,2\n3,4", ["'#N/A'", "missing value"]), ("1,#DIV/0!\n3,4", ["'#DIV/0!'", "spreadsheet"]),
    ("1e400,2", ["line 1, column 1 holds 1e400, too large for float32"]),
    ("1,2\n3,-1e39", ["line 2, column 2 holds -1e39"]),
    ("1e-60,1e-50", ["too small for float32"]), ("1+2j,3\n4,5", ["complex"]), ("(1.0e+00-2.0e+00j),2", ["complex"]),
    ("2i,3", ["complex"]), ("12%,3\n1,2", ["percentage"]), ("$5,3\n1,2", ["money"]), ("1,5 €;2", ["money"]),
    ("2020-01-01,3\n1,4", ["date"]), ("12:30;4", ["time"]), ("0x10,2", ["no number"]), ("1_000,2", ["thousands"]),
    ("1'234;5", ["thousands"]), ("1\u202f234;5", ["thousands"]), ("1.234,5;2", ["thousands"]),
    ("1,234,567;2\n1,5;3", ["thousands"]),
    ("1,234;2,500", ["'1,234'", "decimal comma, or a separator of thousands", "1.234 or 1234"]),
    ("1,5;2.5", ["'1,5'", "'2.5'", "decimal comma"]), ("1 234,5\n2 345,6", ["'1 234,5'", "semicolons"]),
    ('"1,234","5"', ["decimal comma, or"]), ("Wert\n1,5\n2,5", ["names 1 columns", "has 2 cells", "decimal comma"]),
    ("a b c\n1 2\n", ["names 3 columns", "has 2 cells"]), ("a,b", ["holds no numbers"]),
    ("name,2019\nA,1", ["column 1 holds 'name'", "all of them words"]), ("# nothing\n", ["nothing but notes"]),
    ("a,1\nb,2", ["column 1 holds 'a'"]), ("1,2\nTotal,5", ["line 2, column 1 holds 'Total'"]),
    ("a,b\nc,d", ["line 2, column 2 holds 'd'"]), (",,\n,,", ["nothing but empty"]),
    ("[[1, 2], [3, 4]]", ["brackets, like JSON"]), ('1,"2\n3,4\n5,6', ["quotation mark"]),
    (",2\n3,4", ["line 1, column 1 is empty"]), ("1,2\n,4", ["line 2, column 1 is empty"]),
    ("-,2\n3,4", ["'-'", "missing"]),
    ("1\t\t2\n3\t4\t5", ["column 2 is empty"]),
    ("1,2\n3,4,", ["line 2 has 3 cells"]), ("\u0661,2", ["no number"]), ("1\0,2", ["no text"]),
    ("1 2 3;4", ["'3;4'", "semicolons"]), ("sep=x\n1x2", ["first line says that 'x' separates"]),
])
def test_what_is_refused_with_its_place(body, words):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MMWarning)
        with pytest.raises(DataError) as caught:
            parse(body.encode(), "m.csv")
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert message.startswith("m.csv") and "\n" not in message and len(message) < 300


def test_encodings_that_break_off():
    with pytest.raises(DataError, match="begins as text in UTF-16 does"):
        parse(b"\xff\xfe1,2", "m.csv")
    with pytest.raises(DataError, match="no text"):
        parse(bytes(range(256)), "m.csv")


def test_the_fast_reader_agrees_with_the_careful_one(monkeypatch):
    x = np.random.default_rng(0).normal(size=(30, 7)).round(5)
    stream = io.StringIO()
    np.savetxt(stream, x, delimiter=",", fmt="%.5f")
    plain = stream.getvalue()
    german = plain.replace(",", ";").replace(".", ",")
    counted = ["," + ",".join(map(str, range(7))), *(f"{at},{line}" for at, line in enumerate(plain.splitlines()))]
    bodies = [plain, german, plain.replace(",", "\t"), plain.replace(",", " "), "a,b,c,d,e,f,g\n" + plain,
              "a;b;c;d;e;f;g\n" + german, "\n".join(counted), plain.replace(plain.split(",")[0], "nan", 1)]
    x = [x] * 7 + [np.where(np.arange(x.size).reshape(x.shape) == 0, nan, x)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MMWarning)
        fast = [regular_tables.read(body, 1, table_cells.find_separator(body.splitlines()), "m", None)[0]
                for body in bodies]
        monkeypatch.setattr(regular_tables, "read", lambda *given: None)
        careful = [parse(body.encode(), "m") for body in bodies]
    for one, two, expected in zip(fast, careful, x):
        np.testing.assert_array_equal(one, expected.astype(np.float32))
        np.testing.assert_array_equal(two, expected.astype(np.float32))


numbers = st.floats(width=32).filter(lambda x: not (0 < abs(x) < 1e-37)) | st.integers(-999, 999).map(float)
matrices = st.integers(1, 4).flatmap(
    lambda w: st.lists(st.lists(numbers, min_size=w, max_size=w), min_size=1, max_size=5))


@settings(max_examples=150)
@given(matrices, st.sampled_from([",", ";", "\t", "|", " "]), st.booleans(), st.booleans(),
       st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_is_written_is_read_back(x, separator, comma, quoted, code, end):
    comma = comma and separator not in ", " and len(x[0]) > 1  # else commas may mean two things

    def cell(number) -> str:
        text = repr(number).replace(".", "," if comma else ".")
        return f'"{text}"' if quoted else text

    body = end.join(separator.join(map(cell, row)) for row in x) + end
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MMWarning)
            found = parse(body.encode(code), "m.csv")
    except DataError as error:  # a comma that may mean two things is refused, and no other
        assert comma and "thousands" in str(error)
    else:
        np.testing.assert_array_equal(found, np.array(x, np.float32))


tokens = st.sampled_from([*",;\t |#%a'([\n\0\ufeffé−\x1a\"", "1", "2.5", "-3", "1,5", "1e400", "nan", "\r\n", '""',
                          "NA", "sep=;\n", "inf", "1+2j", "9" * 20])


@settings(max_examples=300)
@given(st.lists(tokens, max_size=25), st.sampled_from(["utf-8", "utf-16", "latin-1", "utf-16-be"]))
def test_whatever_it_is_it_is_a_matrix_or_an_error_in_words(parts, code):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MMWarning)
        try:
            x = parse("".join(parts).encode(code, "replace"), "m.csv")
        except DataError as error:
            assert str(error).startswith("m.csv") and "\n" not in str(error)
        else:
            assert x.dtype == np.float32 and x.ndim == 2 and x.size


def test_a_csv_file_as_data_is_read_once(tmp_path):
    (tmp_path / "m.csv").write_text("a;b\n1,5;2\n3;4\n")
    with pytest.warns(MMWarning, match="m.csv: its header") as said:
        viz = mm.visualize("A @ B + b", data={"A": f"{tmp_path}/m.csv.T", "B": np.ones((2, 3)), "b": np.ones(3)})
    assert len(said) == 1 and said[0].filename == __file__
    np.testing.assert_array_equal(viz.values["root.left"], np.transpose(TWO))
