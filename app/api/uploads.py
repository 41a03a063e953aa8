"""Files that people bring: taken in, looked at, read as a source."""

from contextlib import closing
from typing import Any
from uuid import UUID

from flask import abort, request
from werkzeug.datastructures import FileStorage

from app.api.access import caller, runtime
from app.api.paging import PageQuery, page_of
from app.api.routes import Routes
from app.api.run_shapes import RunAnswer
from app.api.upload_shapes import LayoutChanges, UploadAnswer, UploadForm, UploadListed, UploadRun
from app.errors import Invalid
from app.sources.uploads import receiving, removing, starting

blueprint = Routes("uploads", "Files with people in them: CSV, and WordPress' own export.")
#: What a form has beside the file.
_AROUND = 100_000


@blueprint.upload(
    "/uploads", scope="write", form=UploadForm, answer=UploadAnswer, status=(201, 200)
)
def add_upload() -> Any:
    """Bring a file, as multipart/form-data; 200 when the very same file is known already."""
    running, workspace_id = runtime(), caller().workspace_id
    request.max_content_length = running.largest_upload + _AROUND
    if request.mimetype != "multipart/form-data":
        abort(415, description="Send the file as multipart/form-data, in the part 'file'.")
    with closing(_file()) as file:
        upload, is_new = receiving.receive(running, workspace_id, file.filename or "", file.stream)
    return starting.shown(running, workspace_id, upload.id), 201 if is_new else 200


def _file() -> FileStorage:
    """The file in the form. Raises Invalid."""
    for part in (*request.files, *request.form):
        if part != "file":
            raise Invalid.at(part[:100], "Unknown field.")
    if "file" not in request.files:
        raise Invalid.at("file", "Send the file in this part of the form, with its name.")
    return request.files["file"]


@blueprint.get("/uploads", scope="read", query=PageQuery, answer=page_of(UploadListed))
def list_uploads(query: dict[str, Any]) -> Any:
    """The files that were brought, newest first."""
    with runtime().database.reading() as session:
        return starting.listed(
            session, caller().workspace_id, number=query["page"], per_page=query["per_page"]
        )


@blueprint.get("/uploads/<uuid:upload_id>", scope="read", answer=UploadAnswer)
def get_upload(upload_id: UUID) -> Any:
    """A file with its columns, where they go, and its first rows."""
    return starting.shown(runtime(), caller().workspace_id, upload_id)


@blueprint.patch(
    "/uploads/<uuid:upload_id>", scope="write", body=LayoutChanges, answer=UploadAnswer
)
def rewrite_upload(upload_id: UUID, body: dict[str, Any]) -> Any:
    """Read it as written in another way; what was set of its columns is found out anew."""
    receiving.rewrite(runtime(), caller().workspace_id, upload_id, body)
    return starting.shown(runtime(), caller().workspace_id, upload_id)


@blueprint.post(
    "/uploads/<uuid:upload_id>/run", scope="write", body=UploadRun, answer=RunAnswer, status=202
)
def run_upload(upload_id: UUID, body: dict[str, Any]) -> Any:
    """Make contacts of its people, or see what would become of them; watch it at /runs/{id}."""
    return starting.start(runtime(), caller().workspace_id, upload_id, body)


@blueprint.delete("/uploads/<uuid:upload_id>", scope="write")
def remove_upload(upload_id: UUID) -> None:
    """Remove a file with its connection and runs; the contacts stay."""
    removing.remove(runtime(), caller().workspace_id, upload_id)
