"""What can go wrong in a rule, as Kyverno tells it apart."""


class Fault(Exception):  # noqa: N818 - Kyverno's word for it is the rule's status "error"
    """A rule that cannot be evaluated on an object: in the cluster its status is "error"."""


class NotFound(Fault):
    """A field that is not there, where nothing stands in for it."""

    def __init__(self, key: str) -> None:
        super().__init__(f'Unknown key "{key}" in path')


class Unsupported(Exception):  # noqa: N818 - a verdict on a part of a policy, told in words
    """A part of a rule that plumbline cannot evaluate as the cluster would; names it."""
