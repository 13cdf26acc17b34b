"""Colour maps, and the spaces that colours are given in."""
