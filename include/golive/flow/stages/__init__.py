"""The stages of the roadmap: the frame that all share, and each stage's own tasks, a module a stage."""
