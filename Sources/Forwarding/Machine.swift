import Glibc

/// What the rules depend on beside the plan.
struct Machine: Hashable, Sendable {
    /// The interfaces that packets may come in by, without loopback.
    var interfaces: [String] = []
    /// Whether the kernel hands packets on at all.
    var forwardsV4 = true
    var forwardsV6 = true

    static var now: Machine {
        Machine(
            interfaces: interfaceNames(), forwardsV4: isOn("/proc/sys/net/ipv4/ip_forward"),
            forwardsV6: isOn("/proc/sys/net/ipv6/conf/all/forwarding"))
    }

    /// What must be said of forwards that the kernel will not perform.
    func problems(of forwards: [Forward]) -> [String] {
        var problems: [String] = []
        if !forwardsV4, forwards.contains(where: { !$0.place.line.isV6 }) {
            problems.append("the kernel forwards no IPv4: set net.ipv4.ip_forward = 1 (sysctl)")
        }
        if !forwardsV6, forwards.contains(where: { $0.place.line.isV6 }) {
            problems.append("the kernel forwards no IPv6: set net.ipv6.conf.all.forwarding = 1 (sysctl)")
        }
        return problems
    }

    private static func interfaceNames() -> [String] {
        guard let list = if_nameindex() else { return [] }
        defer { if_freenameindex(list) }
        var names: [String] = []
        var position = list
        while position.pointee.if_index != 0, let name = position.pointee.if_name {
            names.append(String(cString: name))
            position += 1
        }
        // Ports of a bridge hand their packets to the bridge. An asterisk means something to nft, a quotation mark, too.
        return names.filter { name in
            name != "lo" && !name.contains("*") && !name.contains("\"")
                && access("/sys/class/net/\(name)/brport", F_OK) != 0
        }.sorted()
    }

    private static func isOn(_ file: String) -> Bool {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var octet: UInt8 = 0
        return read(descriptor, &octet, 1) == 1 && octet != 0x30
    }
}
