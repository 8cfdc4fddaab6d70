"""Turn changes of models into proven revisions, and run revisions beside traffic."""
