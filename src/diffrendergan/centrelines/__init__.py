"""Centre lines of wires, wherever their pixels come from: skeletons followed, cleaned, joined and measured."""
