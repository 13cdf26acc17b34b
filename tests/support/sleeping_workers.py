"""What a worker does that renders nothing: for how long it would, it sleeps. Workers find it by its name."""
import hashlib
import time

SLEEP = 0.03  # seconds


def sleeping(task, blend):
    time.sleep(SLEEP)
    data = b"%d" % task.frame
    return {"png": data, "digest": hashlib.sha256(data).hexdigest(), "seconds": SLEEP, "peak": 1}
