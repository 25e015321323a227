"""What the screens read from the catalog: frozen rows, read in threads, in short transactions."""
