"""Updates within their bounds: what leaders decide about the slots of a service, transaction by transaction.

Judged on the check's own copy of the store, as in `slots`, and by its own understanding of the rules: `update_moves`
says how states move, `update_progress` which slots are under way. The promises:

- The state of an update moves only as it may.
- No slot is begun while as many as may be are under way, or came to run less than the delay ago.
- It is not completed before the last of its own tasks that run has been watched for the monitor time.
- An update of whose own tasks more have failed than its ratio allows is not under way any more, unless it is to
  continue; one of which no more have failed is not paused. So it is with each failure, by the settings of that moment.
- While it is paused, no slot is begun.
- It is of slots that are to stay: what is given up for good is no part of it.

What was before a change of leader keeps no delay and no monitor, since the next leader goes by wall clocks that may be
wrong. All times are a tenth shorter, since clocks drift.
"""

from collections.abc import Sequence

from core.ids import ServiceId
from core.objects.service import FailureAction, Global, Replicated, Service, UpdateConfig, UpdateStatus
from core.objects.task import Task, TaskState
from core.operations import Kind
from core.store import Changed, SlotKey, slot_of
from core.timing import SECOND
from swarmsim.checks.decisions import DecisionCheck
from swarmsim.checks.update_moves import OVER, PAUSED, UNDER_WAY, config_of, shown, state_of, within_reach
from swarmsim.checks.update_progress import Moment, Progress, least_ns
from swarmsim.counting import counted


class UpdatesKeepBounds(DecisionCheck):
    """Judged on every transaction, whether or not anybody looks at a store in between."""

    name = "updates-keep-bounds"

    def __init__(self) -> None:
        super().__init__()
        self._progress: dict[ServiceId, Progress] = {}
        self._replaced_count = 0

    def remark(self) -> str:
        count = self._replaced_count
        return f"{counted(count, 'slot')} begun by updates" if count else ""

    def on_new_leader(self) -> None:
        for progress in self._progress.values():
            progress.forget_times()

    def judge_changes(self, at_ns: int, changes: Sequence[Changed]) -> None:
        for change in changes:
            if change.kind is Kind.SERVICE:
                self._on_service(at_ns, change)
        for service_id, tasks in _by_service(changes).items():
            service, progress = self.store.services.get(service_id), self._progress.get(service_id)
            if service is not None and progress is not None:
                self._judge_tasks(at_ns, service, progress, tasks)
        for change in changes:
            if change.kind is Kind.SERVICE and change.new is not None and change.new.id in self._progress:
                self._judge_status(at_ns, change)

    def _on_service(self, at_ns: int, change: Changed) -> None:
        service: Service | None = change.new
        if service is None or not isinstance(service.spec.mode, Replicated | Global):
            self._progress.pop(change.old.id if service is None else service.id, None)
            return
        progress = self._progress.get(service.id)
        if progress is None or progress.spec_version != service.spec_version:
            self._progress[service.id] = Progress(self.store, service.spec_version)
        elif state_of(change.old) not in UNDER_WAY:
            progress.failure_count = 0

    # Slots

    def _judge_tasks(self, at_ns: int, service: Service, progress: Progress, changes: Sequence[Changed]) -> None:
        config, failed = config_of(service), progress.failure_count
        before = dict(progress.under_way)
        for change in changes:
            progress.follow(at_ns, service, change, config.monitor_ns)
        for change in changes:
            progress.settle(slot_of(change.new or change.old))
        begun = [slot for slot in progress.under_way if slot not in before]
        if begun:
            wall_ns = max(change.new.updated_at for change in changes if change.new is not None)
            self._replaced_count += len(begun)
            self._judge_begun(Moment(at_ns, wall_ns), service, progress, begun)
        if progress.failure_count != failed:
            self._judge_failures(at_ns, service, progress.failure_count)

    def _judge_begun(self, now: Moment, service: Service, progress: Progress, begun: Sequence[SlotKey]) -> None:
        at, state, config = self._named(service), state_of(service), config_of(service)
        self.expect(state not in PAUSED, now.at_ns, f"{at} is {shown(state)} and begins {len(begun)} more")
        limit = config.parallelism
        if limit:
            cooling = [slot for slot in progress.cooling(now, config.delay_ns) if slot not in progress.under_way]
            count = len(progress.under_way)
            within = f" and {len(cooling)} that ran less than {config.delay_ns / SECOND:g} s ago" if cooling else ""
            detail = f"{at} has {counted(count, 'slot')} under way{within}, of at most {limit}"
            self.expect(count + len(cooling) <= limit, now.at_ns, detail)

    # States

    def _judge_status(self, at_ns: int, change: Changed) -> None:
        service: Service = change.new
        at, old, new = self._named(service), state_of(change.old), state_of(service)
        told = f"{at} went from {shown(old)} to {shown(new)}, which is no move"
        self.expect(new in within_reach(change.old, service), at_ns, told)
        status, config = service.update_status, config_of(service)
        if status is None:
            return
        if status.slot_count and status.slot_count != _slot_count(change.old):
            count = len({slot_of(task) for task in self.store.tasks_of_service(service.id) if _stays(task)})
            detail = f"{at} is said to be of {status.slot_count} slots, of {count} that are to stay"
            self.expect(status.slot_count <= count, at_ns, detail)
        if new in OVER and old is not new:
            self._judge_end(Moment(at_ns, service.updated_at), service, config)
        elif new in PAUSED and old is not new:
            detail = f"{at} is {shown(new)} with only {status.failure_count} of {status.slot_count} failed"
            pauses = status.slot_count > 0 and _is_too_many(status.failure_count, status, config)
            self.expect(pauses, at_ns, detail)
        if status.failure_count > _failure_count(change.old):
            self._judge_failures(at_ns, service, max(status.failure_count, self._progress[service.id].failure_count))

    def _judge_failures(self, at_ns: int, service: Service, count: int) -> None:
        status, config, state = service.update_status, config_of(service), state_of(service)
        if status is None or state not in UNDER_WAY or config.failure_action is FailureAction.CONTINUE:
            return
        detail = f"{self._named(service)} is {shown(state)} with {count} of {status.slot_count} failed"
        self.expect(not _is_too_many(count, status, config), at_ns, detail)

    def _judge_end(self, now: Moment, service: Service, config: UpdateConfig) -> None:
        watched_ns = self._progress[service.id].least_watched(now)
        if watched_ns is not None:
            monitor_ns = max(config.monitor_ns, config.delay_ns)
            detail = (
                f"{self._named(service)} is {shown(state_of(service))} {watched_ns / SECOND:.1f} s after its last task "
                f"ran, which is to be watched for {monitor_ns / SECOND:g} s"
            )
            self.expect(watched_ns >= least_ns(monitor_ns), now.at_ns, detail)

    def _named(self, service: Service) -> str:
        return f"at index {self.store.index} the update of {service.spec.name}"


def _by_service(changes: Sequence[Changed]) -> dict[ServiceId, list[Changed]]:
    found: dict[ServiceId, list[Changed]] = {}
    for change in changes:
        if change.kind is Kind.TASK:
            found.setdefault((change.new or change.old).service_id, []).append(change)
    return found


def _stays(task: Task) -> bool:
    return task.desired_state is not TaskState.REMOVE


def _slot_count(service: Service | None) -> int:
    return 0 if service is None or service.update_status is None else service.update_status.slot_count


def _failure_count(service: Service | None) -> int:
    return 0 if service is None or service.update_status is None else service.update_status.failure_count


def _is_too_many(failure_count: int, status: UpdateStatus, config: UpdateConfig) -> bool:
    return failure_count / max(status.slot_count, 1) > config.max_failure_ratio
