"""The system below: files as they are written, memory and disks, interrupts, streams and terminals."""
