/// Where lines and services are looked at. `Control` is it.
package protocol LineInterface: Sendable {
    /// Whether there is anything to look at.
    var hasLines: Bool { get }
    func lines() async -> LinesReport
}

/// Lines, services and hosts, as they stood at one moment.
package struct LinesReport: Codable, Hashable, Sendable {
    /// Seconds since 1970, like every `…At`, `since` and `until` below.
    package var at: Double
    /// In the order in which they are configured, like all lists here.
    package var lines: [LineReport] = []
    package var services: [ServiceReport] = []
    package var hosts: [LineHostReport] = []
    /// The forwarding that is wanted; empty also before it is known.
    package var forwarding: [ForwardingReport] = []
    /// What has become of it, in the words of whoever does it; nil if nobody does.
    package var inForce: String?
    /// What keeps tests from leaving by their lines, in words.
    package var problems: [String] = []

    package init(at: Double) { self.at = at }
}

/// What arrives at a port of the lines, and where it is to go.
package struct ForwardingReport: Codable, Hashable, Sendable {
    package var name: String
    package var transport: String
    package var port: Int
    package var lineAddresses: [String]
    /// With their ports.
    package var servers: [String]
    package var established: String
}

package struct LineReport: Codable, Hashable, Sendable {
    package struct TestPoint: Codable, Hashable, Sendable {
        package var indicator: String
        /// `ping 192.0.2.1`.
        package var test: String
        package var state: String
        package var since: Double?
        package var lastProbe: ProbeReport?
    }

    package var name: String
    package var indicator: String
    package var addresses: [String]
    package var interface: String?
    /// From where its tests leave.
    package var sources: [String]
    package var state: String
    /// The state after the operator's word.
    package var effective: String
    package var since: Double?
    package var override: String?
    package var recoverySeconds: Double
    /// While it is up but has not been so for long enough: since when, and when it counts.
    package var recoveringSince: Double?
    package var recoveringUntil: Double?
    /// `up for 4 s of 10 s`; nil if nothing is held back.
    package var held: String?
    package var testPoints: [TestPoint]
}

package struct ServiceReport: Codable, Hashable, Sendable {
    package struct Server: Codable, Hashable, Sendable {
        package var name: String
        package var indicator: String
        /// `onsite` or `offsite`.
        package var site: String
        /// With its port, if it is onsite and has one of its own.
        package var address: String
        /// `primary`, `backup` …, or the number of a level without a name.
        package var level: String
        package var priority: Int
        package var state: String
        package var override: String?
        /// Whether the answer is its.
        package var isActive: Bool
        package var isUsable: Bool
        package var unusableBecause: String?
        /// Whether what arrives at the lines is to go to it.
        package var isForwardedTo: Bool
    }

    package var name: String
    /// The public ones: `443/tcp`.
    package var ports: [String]
    /// `all` or `only`.
    package var redundancy: String
    package var lines: [String]
    /// `cut` or `keep`: what becomes of connections to a server that gets no more.
    package var established: String
    /// As in a scheme's report.
    package var answer: String
    package var addresses: [String]
    package var ttl: UInt32
    package var rule: String
    package var isAllDown: Bool
    package var held: String?
    package var servers: [Server]
}

package struct LineHostReport: Codable, Hashable, Sendable {
    package struct LineAddresses: Codable, Hashable, Sendable {
        package var line: String
        package var addresses: [String]
        package var isActive: Bool
    }

    package var name: String
    package var answer: String
    package var addresses: [String]
    package var ttl: UInt32
    package var isAllDown: Bool
    package var lines: [LineAddresses]
    /// Those that no line takes away.
    package var others: [String]
}
