"""Arrays out of files, memory and the network: whatever comes from outside becomes numbers here, or is refused."""
