"""The pictures that the small model learns from: composed and drawn by this package alone, so no one else's."""
