"""Who needs what: what an agent is to be given and to lose."""

from core.ids import SecretId, TaskId
from core.manager.dispatcher.entitlements import Entitlements

ONE, OTHER = TaskId("one"), TaskId("other")
USER, PASSWORD = SecretId("user"), SecretId("password")


def test_what_several_tasks_need_is_given_once_and_lost_with_the_last_of_them() -> None:
    needs: Entitlements[SecretId] = Entitlements()
    assert needs.need(ONE, [USER, PASSWORD]) == [USER, PASSWORD]
    assert needs.settle() == ((USER, PASSWORD), ())
    assert needs.need(OTHER, [USER]) == []
    needs.release(ONE)
    assert needs.settle() == ((), (PASSWORD,))
    needs.release(OTHER)
    assert needs.settle() == ((), (USER,))


def test_a_task_may_have_one_thing_in_several_places() -> None:
    needs: Entitlements[SecretId] = Entitlements()
    assert needs.need(ONE, [USER, PASSWORD, USER]) == [USER, PASSWORD]
    assert needs.settle() == ((USER, PASSWORD), ())
    assert needs.need(ONE, [USER, USER]) == []
    assert needs.settle() == ((), (PASSWORD,))
    needs.release(ONE)
    assert list(needs.users(USER)) == []
    assert needs.settle() == ((), (USER,))


def test_what_may_not_have_arrived_is_given_again_if_it_is_needed() -> None:
    needs: Entitlements[SecretId] = Entitlements()
    needs.need(ONE, [USER])
    needs.settle()
    needs.doubt(USER)
    assert needs.need(OTHER, [USER]) == [USER]
    assert needs.settle() == ((USER,), ())
