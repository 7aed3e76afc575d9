import Addresses

/// The forwarding wanted right now.
package struct ForwardingPlan: Equatable, Sendable {
    package var services: [ForwardedService]

    package init(services: [ForwardedService] = []) { self.services = services }
}

/// What arrives at one port of the lines, and where it is to go.
package struct ForwardedService: Equatable, Sendable {
    package enum Transport: String, Hashable, Sendable {
        case tcp, udp
    }

    package struct Server: Hashable, Sendable {
        package var address: IPAddress
        package var port: UInt16

        package init(address: IPAddress, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    /// What becomes of connections to a server that is no longer among `servers`.
    package enum Established: String, Hashable, Sendable, CaseIterable {
        case keep, cut
    }

    /// The scheme's name, for messages.
    package var name: String
    package var transport: Transport
    /// The public port.
    package var port: UInt16
    /// The addresses of the lines where it is accepted: of all its lines, up or down.
    package var lineAddresses: [IPAddress]
    /// Those that get the traffic now, in configured order.
    package var servers: [Server]
    package var established: Established

    package init(
        name: String, transport: Transport, port: UInt16, lineAddresses: [IPAddress], servers: [Server],
        established: Established
    ) {
        self.name = name
        self.transport = transport
        self.port = port
        self.lineAddresses = lineAddresses
        self.servers = servers
        self.established = established
    }
}
