"""Runs of connections: started, watched, called off, and what they left out."""

from typing import Any
from uuid import UUID

from flask import Response

from app.api import spreadsheet
from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.run_shapes import NewRun, RunAnswer, SamplesAnswer
from app.sources.runs import control, rejects
from app.sources.runs.rejects import Line

blueprint = Routes("runs", "Runs that pull a source, dry ones too.")


@blueprint.post(
    "/connections/<uuid:connection_id>/runs",
    scope="write",
    body=NewRun,
    answer=RunAnswer,
    status=202,
)
def start_run(connection_id: UUID, body: dict[str, Any]) -> Any:
    """Pull now, or see what would become of it; 409 while another run is open."""
    running = runtime()
    with running.database.transaction() as session:
        return control.start(
            session,
            caller().workspace_id,
            connection_id,
            force=body["force"],
            full=body["full"],
            dry=body["dry"],
            once=body["once"],
            now=running.now(),
        )


@blueprint.get(
    "/connections/<uuid:connection_id>/runs",
    scope="read",
    query=PageQuery,
    answer=page_of(RunAnswer),
)
def list_runs(connection_id: UUID, query: dict[str, Any]) -> Any:
    """The runs of a connection, newest first."""
    with runtime().database.reading() as session:
        return control.listed(
            session,
            caller().workspace_id,
            connection_id,
            number=query["page"],
            per_page=query["per_page"],
        )


@blueprint.get("/runs/<uuid:run_id>", scope="read", answer=RunAnswer)
def get_run(run_id: UUID) -> Any:
    """One run, with its numbers so far."""
    with runtime().database.reading() as session:
        return control.get(session, caller().workspace_id, run_id)


@blueprint.post("/runs/<uuid:run_id>/cancel", scope="write", answer=RunAnswer, status=200)
def cancel_run(run_id: UUID) -> Any:
    """Call off an open run; what was stored stays, and the next run goes on from there."""
    running = runtime()
    with running.database.transaction() as session:
        return control.cancel(session, caller().workspace_id, run_id, now=running.now())


@blueprint.get("/runs/<uuid:run_id>/samples", scope="read", answer=SamplesAnswer)
def list_samples(run_id: UUID) -> Any:
    """Examples of what a dry run would create, update and leave out."""
    running = runtime()
    with running.database.reading() as session:
        run = control.get(session, caller().workspace_id, run_id)
    return {"items": rejects.samples(run, running.vault)}


@blueprint.get("/runs/<uuid:run_id>/rejected.csv", scope="read", media="text/csv")
def download_rejected(run_id: UUID) -> Response:
    """The rows that a run left out, and values that did not fit, as a CSV file.

    The first thousand of each of the five newest runs are kept.
    """
    running = runtime()
    with running.database.reading() as session:
        lines = list(rejects.listed(session, caller().workspace_id, run_id, running.vault))
    head = ("source_id", "reason", "detail", "email", "fields")
    return Response(
        spreadsheet.table([head, *(_cells(line) for line in lines)]),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="rejected.csv"'},
    )


def _cells(line: Line) -> list[str]:
    said = "; ".join(f"{name}: {value}" for name, value in line.fields.items())
    cells = (line.source_id, line.reason, line.detail, line.email, said)
    return [spreadsheet.cell(text) for text in cells]
