"""GLB files as numpy reads them: the plain rules of glTF 2.0, for what our files have."""
import json
import struct

import numpy as np

TYPES = {5126: np.float32, 5125: np.uint32, 5123: np.uint16}
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}


class Glb:
    def __init__(self, path):
        data = path.read_bytes()
        magic, version, length = struct.unpack("<4sII", data[:12])
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack("<I4s", data[12:20])
        assert kind == b"JSON" and size % 4 == 0
        self.json = json.loads(data[20:20 + size])
        held, kind = struct.unpack("<I4s", data[20 + size:28 + size])
        assert kind == b"BIN\0" and held == self.json["buffers"][0]["byteLength"] and held % 4 == 0
        self.bytes = data[28 + size:]
        assert len(self.bytes) == held

    def read(self, accessor: int) -> np.ndarray:
        """The numbers of an accessor, (n, width)."""
        told = self.json["accessors"][accessor]
        view = self.json["bufferViews"][told["bufferView"]]
        kind, width = np.dtype(TYPES[told["componentType"]]), WIDTHS[told["type"]]
        assert view["byteOffset"] % 4 == 0 and view["byteLength"] == told["count"] * width * kind.itemsize
        x = np.frombuffer(self.bytes, kind, told["count"] * width, view["byteOffset"]).reshape(-1, width)
        if "min" in told:
            np.testing.assert_array_equal(x.min(0), np.array(told["min"], kind))
            np.testing.assert_array_equal(x.max(0), np.array(told["max"], kind))
        return x / 65535 if told.get("normalized") else x

    def nodes(self, wanted: str) -> list[dict]:
        """The nodes with this name."""
        return [node for node in self.json["nodes"] if node["name"] == wanted]

    def instances(self, node: dict) -> dict[str, np.ndarray]:
        """The attributes of a node's instances."""
        return {name: self.read(at) for name, at in
                node["extensions"]["EXT_mesh_gpu_instancing"]["attributes"].items()}

    def cubes(self, node: dict) -> dict[str, np.ndarray]:
        """The same of a node whose mesh is cubes of eight corners each, from what its corners and faces are."""
        primitive, = self.json["meshes"][node["mesh"]]["primitives"]
        corners = self.read(primitive["attributes"]["POSITION"]).reshape(-1, 8, 3)
        colours = self.read(primitive["attributes"]["COLOR_0"]).reshape(-1, 8, 4)
        triangles = self.read(primitive["indices"]).reshape(len(corners), 12, 3)
        assert (triangles // 8 == np.arange(len(corners))[:, None, None]).all() and (np.ptp(colours, axis=1) == 0).all()
        middle = corners.mean(1)
        a, b, c = (corners.reshape(-1, 3)[triangles[..., corner]].astype(float) for corner in range(3))
        outward = np.einsum("nti,nti->nt", np.cross(b - a, c - a), (a + b + c) / 3 - middle[:, None])
        assert (outward > 0).all()
        return {"TRANSLATION": middle, "SCALE": np.ptp(corners, axis=1), "_COLOR_0": colours[:, 0, :3]}
