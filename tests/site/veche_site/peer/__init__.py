"""The client as a program: it runs in a namespace and does what it is told on standard input. See `veche_site.peers`."""
