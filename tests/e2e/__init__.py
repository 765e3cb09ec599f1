"""The whole way, on real input: a real server process, git over HTTP, a simulated GitHub."""
