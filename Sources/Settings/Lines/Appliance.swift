import Addresses
import DNSClient
import Failover

/// The words of a link balancer, as they were read: lines, services and load-balanced host records.
///
///     lines ────► indicators: one for each test point, one for the line (any of them, with a delayed recovery)
///     services ─► indicators: one for each server;  a scheme whose members are servers, with the lines to them
///     hosts ────► a scheme whose members are lines
///
/// The engine sees only the indicators and schemes; what is here tells which of them stand for what.
package struct Appliance: Hashable, Sendable {
    /// In the order in which they are configured; no name twice.
    package var lines: [Line] = []
    package var services: [LineService] = []
    package var hosts: [LineHost] = []
    /// How each indicator's probes leave, where it is not as the routes say.
    package var egresses: [IndicatorName: Egress] = [:]

    package init() {}

    package var isEmpty: Bool { lines.isEmpty && services.isEmpty && hosts.isEmpty }
}

/// A line to the internet (an uplink).
package struct Line: Hashable, Sendable {
    package struct TestPoint: Hashable, Sendable {
        package var indicator: IndicatorName
        /// `ping 192.0.2.1`.
        package var text: String
    }

    package var name: String
    /// By which it is reached from outside, in order; at least one.
    package var addresses: [IPAddress]
    /// How what tests it leaves.
    package var egress: Egress
    /// How long it must be up before it counts.
    package var recovery: Duration = Self.standardRecovery
    /// At least one.
    package var testPoints: [TestPoint] = []

    /// Up while any of its test points answers.
    package var indicator: IndicatorName { Self.indicator(of: name) }

    package static func indicator(of line: String) -> IndicatorName { IndicatorName("line:\(line)") }
    package static let standardRecovery = Duration.seconds(10)
}

/// A name whose servers are reached by lines, or elsewhere.
package struct LineService: Hashable, Sendable {
    package struct Server: Hashable, Sendable {
        package enum Site: Hashable, Sendable {
            /// Behind the router: reached at the lines' addresses, which are forwarded to it; without a port, to the
            /// public one.
            case onsite(IPAddress, port: UInt16?)
            case offsite(IPAddress)
        }

        package var name: String
        package var indicator: IndicatorName
        package var site: Site
        package var priority: Priority
    }

    /// `443/tcp`
    package struct Port: Hashable, Sendable, CustomStringConvertible {
        package var number: UInt16
        package var transport: ForwardedService.Transport

        package var description: String { "\(number)/\(transport.rawValue)" }
    }

    package var scheme: SchemeName
    /// Those that the public uses, each once; at least one.
    package var ports: [Port]
    package var redundancy: Redundancy
    /// By name, in order.
    package var lines: [String]
    package var lineAddresses: [IPAddress]
    package var established: ForwardedService.Established
    /// In the order in which they are configured.
    package var servers: [Server]

    /// The port that a connection tries where no other check is written; nil if all are UDP ports.
    var triedPort: UInt16? { ports.first { $0.transport == .tcp }?.number }

    /// Whether there is anything to forward.
    var hasOnsite: Bool { servers.contains { if case .onsite = $0.site { true } else { false } } }
}

/// An ordinary name whose list of addresses loses those of lines that are down.
package struct LineHost: Hashable, Sendable {
    package var scheme: SchemeName
    /// By the line's name, in order.
    package var addresses: [LineAddresses]
    /// Those that are always answered.
    package var others: [IPAddress]

    package struct LineAddresses: Hashable, Sendable {
        package var line: String
        package var addresses: [IPAddress]
    }

    /// What is always ok: for addresses that no line takes away.
    package static let always = IndicatorName("always")
}

extension Policy {
    /// For the test points of lines: three tries within a second, of which one answer is enough.
    static let line: Policy = {
        var policy = Policy(name: "line")
        policy.interval = .seconds(1)
        policy.timeout = .milliseconds(800)
        policy.recheck = .milliseconds(200)
        policy.rise = 1
        policy.forget = 1
        return policy
    }()
}
