"""Measures the small model: asks for pictures, and lets a plain classifier say what it sees in them."""
