"""Particle meshes: shapes from parameters, their deformation, and the library on disk."""
