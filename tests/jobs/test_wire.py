"""What was stored by this release and by older ones is read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs import wire
from bot.model import Delivery, Job, Sweep
from tests.jobs.recorder import Rig, job

# As version 1 wrote it. Never edit: such rows are in people's databases.
STORED_BY_1 = {
    "v": 1,
    "id": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "kind": "job",
    "seq": 1795236123855001,
    "accepted": 1795236123.855,
    "work": {"forge": "github", "project": "acme/infra", "number": 7, "trigger": "push"}
    | {"delivery_id": "72d3162e-cc78-11e3-81ab-4c9367dc0958"},
}


def test_the_first_version_is_read() -> None:
    item = wire.read(STORED_BY_1)
    assert item.work == job(7, "72d3162e-cc78-11e3-81ab-4c9367dc0958")
    assert (item.seq, item.queue) == (1795236123855001, wire.JOBS)
    assert item.partition == "github:acme/infra#7"


def test_fields_of_a_release_that_was_rolled_back_are_passed_over() -> None:
    work = {"forge": "gitlab", "project": "", "trigger": "push", "delivery_id": "s", "mood": "good"}
    item = wire.read(STORED_BY_1 | {"kind": "sweep", "work": work, "colour": "red"})
    assert item.work == Sweep(forge="gitlab", project="", trigger="push", delivery_id="s")
    assert (item.queue, item.partition) == (wire.SWEEPS, "gitlab:")


def test_a_later_version_is_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match="stored by a newer release"):
        wire.read(STORED_BY_1 | {"v": 2})


@given(
    st.one_of(
        st.builds(Job, **dict.fromkeys(("forge", "project", "trigger", "head_sha"), st.text())),
        st.builds(Sweep, **dict.fromkeys(("forge", "project", "trigger"), st.text())),
    )
)
def test_what_is_written_is_read(work: Job | Sweep) -> None:
    item = wire.Item(id="d1", work=work, seq=3, accepted=1.5)
    assert wire.read(wire.write(item)) == item


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_job_of_an_older_release_is_run(rig: Rig) -> None:
    from bot.jobs.database import Database
    from bot.jobs.outbox import WORKFLOW, Outbox

    database = Database(rig.url, durable=False)
    with database.engine.begin() as conn:
        Outbox(database).client.enqueue_in_transaction(
            conn,
            {
                "workflow_name": WORKFLOW,
                "queue_name": wire.JOBS,
                "workflow_id": str(STORED_BY_1["id"]),
                "queue_partition_key": "github:acme/infra#7",
            },
            STORED_BY_1,
        )
    database.close()
    rig.start()
    assert rig.settle() == {"SUCCESS": 1}
    assert [judged.number for judged, _ in rig.handlers.judged] == [7]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_nothing_is_pickled(rig: Rig) -> None:
    from bot.jobs.database import Database

    rig.intake.accept(Delivery(id="d1", event="push", work=(job(),)))
    rig.start()
    rig.settle()
    database = Database(rig.url, durable=False)
    stored = database.execute(
        "SELECT i.inputs, o.output, s.serialization FROM workflow_input i JOIN workflow_output o"
        " USING (workflow_uuid) JOIN workflow_status s USING (workflow_uuid)"
    )
    database.close()
    assert [(row.inputs[:1], row.output, row.serialization) for row in stored] == [
        ("{", '"pass"', "portable_json")
    ]
