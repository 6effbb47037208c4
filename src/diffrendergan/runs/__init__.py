"""What every stage needs of a run: seeds, atomic writes, progress, memory, environment."""
