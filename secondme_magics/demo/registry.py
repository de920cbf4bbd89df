"""Which instances are registered: the demo, and one that is always offline.

Knows the registry's pages; knows nothing of HTTP.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from secondme_magics.demo.fields import RefusedError


@dataclass(frozen=True, slots=True)
class Registration:
    """An instance as the registry lists it."""

    upload_name: str
    instance_id: str
    description: str
    email: str
    status: str


REGISTERED = (
    Registration("Demo", "demo", "Quotes this project's manual", "", "online"),
    Registration("Asleep", "asleep", "Registered, but always offline", "", "offline"),
)


def find_online(instance_id: str) -> Registration:
    """Return a registered instance that can be talked to.

    Raises:
        RefusedError: 404, it is not registered; 503, it is offline.
    """
    for registration in REGISTERED:
        if registration.instance_id == instance_id:
            if registration.status == "online":
                return registration
            raise RefusedError(503, f"Instance {instance_id} is not connected")
    raise RefusedError(404, "Instance not found")


def to_page(page_no: int, page_size: int, status: str | None) -> dict[str, object]:
    """Return one page of the registry, with all instances or those of a status."""
    listed = [each for each in REGISTERED if status in {None, each.status}]
    start = (page_no - 1) * page_size
    return {
        "items": [asdict(each) for each in listed[start : start + page_size]],
        "pagination": {
            "page_no": page_no,
            "page_size": page_size,
            "total": len(listed),
            "total_pages": -(-len(listed) // page_size),
        },
    }
