"""The commands of `signtui`, a module for each kind. Their heavy imports wait until they run."""
