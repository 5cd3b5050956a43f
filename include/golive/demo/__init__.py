"""The sample organisation, its two servers, and the walk that `make demo` takes."""
