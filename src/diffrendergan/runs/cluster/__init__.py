"""The map over indices on a cluster of Dask workers; Dask itself is imported where it is used."""
