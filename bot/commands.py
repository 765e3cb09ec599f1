"""What people may ask for in a comment: `/plumbline recheck | help | explain RULE`.

Only people who may push, and the pull request's author, are answered: on a public repository anyone
can comment, and an answer to everybody would let strangers make us write. A command may be run
again after it was cut off, and ends in one reaction or one reply.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import structlog

from bot import escape, rulebook
from bot.forges import Conversing, Forge, ForgeError
from bot.model import Command, Job, PullRequest

log = structlog.get_logger()

# What an answer repeats of a comment: text of this shape can be no mark of ours, nor markup.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:-]{0,99}")
_HELP = """\
plumbline answers to these, each at the start of a line:

- `/plumbline recheck`: judge this pull request again, by the base branch's config of now
- `/plumbline explain RULE`: what a rule or a check is about, and what to do
- `/plumbline help`: this list

It listens to people who may push to this repository, and to the pull request's author."""


def run(
    command: Command,
    forge: Forge,
    talk: Conversing,
    *,
    enqueue: Callable[[Job], bool],
    explain: Callable[[str], str | None] = rulebook.explain,
) -> str:
    """Do what a comment asks for; a word on how that ended.

    `explain` gives the Markdown about a rule or a check, None for a name it does not know. Raises
    ForgeError and Later where the forge does.
    """
    pull = forge.pull_request(command.project, command.number)
    if pull is None:
        return "gone"
    if not _may_ask(command, pull, talk):
        log.info("command_not_allowed", **_logged(command))
        return "not allowed"
    word, rest = [*command.text.split(maxsplit=1), "", ""][:2]
    match word.casefold():
        case "recheck" if pull.is_open:
            return _recheck(command, talk, enqueue)
        case "recheck":
            said = "This pull request is closed, so it is not judged. Reopen it first."
        case "explain":
            # People copy the name with the code span around it.
            said = _explanation(rest.strip(" `\t"), explain)
        case "help" | "":
            said = _HELP
        case _:
            named = f"{escape.code(word)} is no command. " if _PLAIN.fullmatch(word) else ""
            said = named + _HELP
    _reply(command, talk, said)
    return "replied"


def _may_ask(command: Command, pull: PullRequest, talk: Conversing) -> bool:
    is_author = command.author.casefold() == pull.author.casefold()
    return is_author or talk.may_write(command.project, command.author)


def _recheck(command: Command, talk: Conversing, enqueue: Callable[[Job], bool]) -> str:
    job = Job(
        forge=command.forge,
        project=command.project,
        number=command.number,
        trigger="command.recheck",
        # The same for every run of this command, so that it asks for one judgement.
        delivery_id=f"{command.delivery_id}:recheck",
        installation=command.installation,
    )
    enqueue(job)
    try:
        talk.react(command.project, command.number, command.comment_id)
    except ForgeError as error:
        # What was asked for is done; that it shows on the comment is a courtesy.
        log.warning("reaction_refused", error=str(error), **_logged(command))
    return "rechecking"


def _explanation(name: str, explain: Callable[[str], str | None]) -> str:
    if not name:
        return "Name a rule or a check: `/plumbline explain RULE`."
    if not _PLAIN.fullmatch(name):
        return "That is not the name of a rule. The name stands in the column *Rule* of a finding."
    said = explain(name)
    if said is not None:
        return said
    near = [escape.code(known) for known in rulebook.nearest(name)]
    hint = f"Did you mean {', '.join(near)}?" if near else _checks()
    return f"There is no rule or check {escape.code(name)}. {hint}"


def _checks() -> str:
    return f"The checks are {', '.join(escape.code(name) for name in rulebook.checks())}."


def _reply(command: Command, talk: Conversing, said: str) -> None:
    marker = f"<!-- plumbline:reply comment={command.comment_id} -->"
    talk.reply(command.project, command.number, f"{marker}\n{said}\n", marker)


def _logged(command: Command) -> dict[str, str | int]:
    return {"project": command.project, "number": command.number, "comment": command.comment_id}
