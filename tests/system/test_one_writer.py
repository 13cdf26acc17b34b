"""One way to write: nothing but ``writing`` and what it stands on opens, moves or deletes files, and what Blender is
told to write to is a place that ``writing`` gave."""
import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WRITERS = {f"system/{name}.py" for name in ("writing", "scratch", "strays", "locks", "disks")}
ANYONE = {"tempfile.TemporaryFile", "tempfile.gettempdir"}  # the one has no name, the other makes nothing
CALLS = {"write_bytes", "write_text", "touch", "mkdir", "unlink", "rmdir", "symlink_to", "hardlink_to", "rename",
         "chmod"}
MODULES = {"os": {"open", "replace", "rename", "link", "symlink", "unlink", "remove", "rmdir", "mkdir", "makedirs",
                  "truncate", "mkfifo", "chmod"},
           "shutil": None, "tempfile": None, "numpy": {"save", "savez", "savetxt", "savez_compressed"}}
MODULES["np"] = MODULES["numpy"]
# what has Blender write, by the modules that do, all of them to a part that ``writing`` gave
BLENDER = {"save_as_mainfile": {"output/saving.py"}, "write": {"scene/group_cache.py", "output/movie_file.py"}}
FILEPATHS = {"output/still.py", "output/sequencer.py", "output/depth.py", "../operators/render.py",
             "../operators/page.py", "../operators/job.py", "../operators/story_files.py"}
# which write on their own: a worker, in a folder that Dask made for it and removes; the .blend of a shot, in a scratch
# folder; and what encodes with nothing of ours at hand, a part that it then moves
ALONE = {"cluster/worker.py", "cluster/renderer.py", "cluster/shot.py", "output/sequencer.py"}
# which open what is there, or a device, without a change to a file
DESCRIPTORS = {"output/reel.py", "data/files.py", "system/quiet.py", "cli/main.py"}


def modules() -> dict[str, ast.Module]:
    package = ROOT / "mm_blender"
    files = [*package.rglob("*.py"), *(ROOT / "operators").glob("*.py")]
    names = {path: path.relative_to(package).as_posix() if path.is_relative_to(package) else f"../operators/{path.name}"
             for path in files}
    return {name: ast.parse(path.read_text("utf-8")) for path, name in names.items()}


def said(node: ast.expr) -> str:
    return ast.unparse(node)


def is_mode(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(set("wax+") & set(node.value)) \
        and set(node.value) <= set("rwaxbt+")


def offences(name: str, tree: ast.Module) -> list[str]:
    out = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and name not in FILEPATHS:
            out += [said(node) for target in node.targets
                    if isinstance(target, ast.Attribute) and target.attr in ("filepath", "filepath_raw")]
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if node.args and said(node.args[0]) == "os.devnull":
            continue
        if isinstance(called, ast.Name) and called.id == "open" or isinstance(called, ast.Attribute) and \
                called.attr in ("open", "fdopen"):
            modes = [*node.args, *(each.value for each in node.keywords if each.arg == "mode")]
            out += [said(node) for mode in modes if is_mode(mode)]
        if isinstance(called, ast.Attribute):
            of = said(called.value)
            if of in MODULES and (MODULES[of] is None or called.attr in MODULES[of]) and said(called) not in ANYONE \
                    and not (called.attr == "open" and name in DESCRIPTORS):
                out.append(said(node))
            elif of not in MODULES and called.attr in CALLS and not of.endswith((".children", ".objects")):
                out.append(said(node))
            if called.attr == "save_as_mainfile" and name not in BLENDER["save_as_mainfile"] or \
                    said(called).endswith("libraries.write") and name not in BLENDER["write"] or \
                    called.attr in ("save_render", "image_save", "save_mainfile"):
                out.append(said(node))
    return out


def test_only_the_writer_writes():
    found = {name: offences(name, tree) for name, tree in modules().items() if name not in WRITERS | ALONE}
    assert {name: calls for name, calls in found.items() if calls} == {}


def test_it_would_be_seen():
    for text in ("open(p, 'w')", "open(p, mode='rb+')", "p.open('a')", "p.write_text('')", "os.replace(a, b)",
                 "tempfile.mkdtemp()", "shutil.rmtree(p)", "bpy.ops.wm.save_as_mainfile(filepath=p)", "p.unlink()",
                 "bpy.data.libraries.write(p, s)", "scene.render.filepath = p", "np.save(p, a)",
                 "image.save_render(p)"):
        assert offences("other.py", ast.parse(text)), text
    for text in ("open(p)", "open(p, 'rb')", "viz.save(p)", "collection.children.unlink(x)", "text.replace('a', 'b')"):
        assert not offences("other.py", ast.parse(text)), text
