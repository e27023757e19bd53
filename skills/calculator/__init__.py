"""Arithmetic and unit conversion, exact where it can be."""
