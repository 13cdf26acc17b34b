"""What Blender draws of a matrix: its evaluated instances, read by the scene contract."""
import numpy as np


class Drawn:
    """The elements of one object that have a size: ``value``, ``row``, ``col``, ``highlight``,
    ``light_shift``, ``edge`` (n,) and ``position`` (n, 3) in metres, as the object is evaluated."""

    def __init__(self, obj, depsgraph):
        evaluated = obj.evaluated_get(depsgraph)
        geometry = evaluated.evaluated_geometry()  # the cloud is valid only while this lives
        cloud = geometry.instances_pointcloud()
        transform = cloud.attributes.get("instance_transform") if cloud else None
        count = len(transform.data) if transform else 0

        def read(name, kind, width=1):
            out = np.zeros(count * width, kind)
            if count and name in cloud.attributes:
                cloud.attributes[name].data.foreach_get("value", out)
            return out

        frames = read("instance_transform", np.float32, 16).reshape(count, 4, 4).astype(float)
        world = np.array(evaluated.matrix_world, float)
        self.position = frames[:, 3, :3] @ world[:3, :3].T + world[:3, 3]
        self.edge = np.linalg.norm(frames[:, 0, :3] @ world[:3, :3].T, axis=1)
        self.value, self.highlight = read("value", np.float32), read("highlight", np.float32)
        self.light_shift = read("light_shift", np.float32)
        self.row, self.col = read("row", np.int32), read("col", np.int32)
        keep = self.edge > 1e-9
        for name, value in list(vars(self).items()):
            setattr(self, name, value[keep])
