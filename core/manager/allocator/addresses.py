"""IPv4 addresses as numbers, and the pool of one network."""

from ipaddress import IPv4Address, IPv4Network

from core.objects.network import Subnet


def address_number(cidr: str) -> int:
    """`10.0.0.7/24` -> the 32-bit number of 10.0.0.7."""
    return int(IPv4Address(cidr.partition("/")[0]))


class AddressPool:
    """The addresses of one subnet and who holds which.

    Never given out: the network's own address, the broadcast address and the gateway. The search goes on from where
    it last ended, so that an address that has come free is given to someone else as late as possible.
    """

    __slots__ = ("_first", "_held", "_last", "_next", "_prefix_length", "gateway")

    def __init__(self, subnet: Subnet) -> None:
        pool = IPv4Network(subnet.subnet)
        part = IPv4Network(subnet.ip_range) if subnet.ip_range else pool
        self._prefix_length = pool.prefixlen
        self._first = max(int(part.network_address), int(pool.network_address) + 1)
        self._last = min(int(part.broadcast_address), int(pool.broadcast_address) - 1)
        self._next = self._first
        self._held: dict[int, str] = {}
        self.gateway = int(IPv4Address(subnet.gateway)) if subnet.gateway else int(pool.network_address) + 1

    @property
    def size(self) -> int:
        """How many addresses can be held at the same time."""
        inside = self._first <= self.gateway <= self._last
        return self._last - self._first + 1 - inside

    @property
    def free_count(self) -> int:
        """How many addresses nobody holds."""
        return self.size - len(self._held)

    @property
    def held(self) -> dict[int, str]:
        """Address -> holder."""
        return self._held

    def take(self, holder: str) -> str | None:
        """A free address for `holder`, with prefix length; None if there is none."""
        if not self.free_count:
            return None
        number = self._next
        while number in self._held or number == self.gateway:
            number = self._after(number)
        self._next = self._after(number)
        self._held[number] = holder
        return f"{IPv4Address(number)}/{self._prefix_length}"

    def hold(self, cidr: str, holder: str) -> None:
        """Note that `holder` has this address; nobody else may."""
        number = address_number(cidr)
        owner = self._held.setdefault(number, holder)
        assert owner == holder, (cidr, owner, holder)
        if number >= self._next:
            self._next = self._after(number)

    def release(self, cidr: str, holder: str) -> None:
        """`holder` has it no longer; nothing happens if somebody else has it by now."""
        number = address_number(cidr)
        if self._held.get(number) == holder:
            del self._held[number]

    def _after(self, number: int) -> int:
        return self._first if number >= self._last else number + 1
