import Addresses

/// The forwarding wanted right now.
package struct ForwardingPlan: Hashable, Sendable {
    package var services: [ForwardedService]

    package init(services: [ForwardedService] = []) { self.services = services }
}

/// What arrives at one port of the lines, and where it is to go.
package struct ForwardedService: Hashable, Sendable {
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

    /// How several servers share what arrives.
    package enum Sharing: String, Hashable, Sendable, CaseIterable {
        /// In turn, connection by connection.
        case connections
        /// All connections of one client address go to one server, as long as the same servers are there.
        case clients
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
    package var sharing: Sharing

    package init(
        name: String, transport: Transport, port: UInt16, lineAddresses: [IPAddress], servers: [Server],
        established: Established, sharing: Sharing = .connections
    ) {
        self.name = name
        self.transport = transport
        self.port = port
        self.lineAddresses = lineAddresses
        self.servers = servers
        self.established = established
        self.sharing = sharing
    }
}
