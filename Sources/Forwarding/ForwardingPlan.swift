import Addresses

/// The forwarding wanted right now: all of it, so that what is not in here is taken away.
package struct ForwardingPlan: Hashable, Sendable {
    package var services: [ForwardedService]

    package init(services: [ForwardedService] = []) { self.services = services }
}

/// A service on the lines of this router, and the servers behind it that its connections go to.
package struct ForwardedService: Hashable, Sendable {
    package enum Transport: String, Hashable, Sendable { case tcp, udp }

    /// Where connections go. Only addresses of the line's own family are of use: nothing here translates IPv4 to IPv6.
    package struct Server: Hashable, Comparable, Sendable {
        package var address: IPAddress
        package var port: UInt16

        package init(address: IPAddress, port: UInt16) { (self.address, self.port) = (address, port) }

        package static func < (left: Self, right: Self) -> Bool {
            (left.address, left.port) < (right.address, right.port)
        }
    }

    /// What becomes of connections to a server that gets no more.
    package enum Established: String, Hashable, Sendable {
        /// They go on as long as they last.
        case keep
        /// Their tracking is forgotten: the next packet goes to a server of now, which ends a TCP connection at once.
        case cut
    }

    /// How several servers share the connections.
    package enum Sharing: String, Hashable, Sendable {
        /// In turn, connection by connection.
        case connections
        /// All connections of one client address go to one server, as long as the same servers are there.
        case clients
    }

    /// For messages: the scheme's name.
    package var name: String
    package var transport: Transport
    /// The port on the lines.
    package var port: UInt16
    /// The addresses of the lines where it is accepted, whether they are up or not.
    package var lineAddresses: [IPAddress]
    /// The operational servers of the highest level that has any; none holds what is in force (`ForwardTable`).
    package var servers: [Server]
    package var established: Established
    package var sharing: Sharing

    package init(
        name: String, transport: Transport, port: UInt16, lineAddresses: [IPAddress], servers: [Server],
        established: Established = .keep, sharing: Sharing = .connections
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
