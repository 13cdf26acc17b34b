"""The live page: one HTML file that shows documents in a browser."""
