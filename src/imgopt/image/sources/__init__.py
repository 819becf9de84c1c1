"""Where images are read from: the engine, archives, OCI layouts, registries. One file each."""
