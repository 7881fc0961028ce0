"""How far a service has come, in numbers: what `docker service ls` shows as replicas."""

from typing import Final

from core.codec.docker.service import ServiceCounts
from core.objects import Service, Task
from core.objects.service import Global, GlobalJob, Replicated, ReplicatedJob, ServiceMode
from core.objects.task import TaskState, is_wanted
from core.store import Store

_WORDS: Final[dict[type, str]] = {
    Replicated: "replicated",
    Global: "global",
    ReplicatedJob: "replicated-job",
    GlobalJob: "global-job",
}


def mode_word(mode: ServiceMode) -> str:
    """Docker's word for a mode."""
    return _WORDS[type(mode)]


def counts_of(store: Store, service: Service) -> ServiceCounts:
    """Of a job, only the tasks of its present execution count."""
    tasks = [task for task in store.tasks_of_service(service.id) if _is_present(service, task)]
    wanted = [task for task in tasks if is_wanted(task)]
    return ServiceCounts(
        running=sum(task.status.state is TaskState.RUNNING for task in wanted),
        desired=_desired(service.spec.mode, len(wanted)),
        completed=sum(task.status.state is TaskState.COMPLETE for task in tasks) if service.job is not None else 0,
    )


def _desired(mode: ServiceMode, wanted_count: int) -> int:
    if isinstance(mode, Replicated):
        return mode.replicas
    if isinstance(mode, ReplicatedJob):
        return mode.max_concurrent
    return wanted_count


def _is_present(service: Service, task: Task) -> bool:
    return service.job is None or task.job_iteration == service.job.iteration
