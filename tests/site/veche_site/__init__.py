"""A company's site and the world around it, made of network namespaces on this machine."""
