"""Engines that judge by a repository's own policies, each in a worker process that can be killed.

The worker imports this package: nothing here may import more than the standard library.
"""
