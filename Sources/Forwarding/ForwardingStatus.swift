/// How forwarding stands, for people.
package struct ForwardingStatus: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// Nothing is to be forwarded.
        case idle
        /// What is wanted has not been put in force yet.
        case waiting
        case inForce
        case unavailable(ForwardingError)
    }

    /// One port of one line.
    package struct Place: Hashable, Sendable {
        package var service: String
        /// For example `192.0.2.1:80/tcp`.
        package var place: String
        /// For example `10.0.0.1:8080`.
        package var servers: [String]
    }

    package var state = State.idle
    /// What is in force, as far as we know.
    package var places: [Place] = []
    /// What is in the way of the rest, each a sentence.
    package var problems: [String] = []
    /// How often somebody else had changed our table.
    package var repairs = 0
}

extension ForwardingStatus.Place {
    init(_ forward: Forward) {
        service = forward.service
        place = forward.place.description
        servers = forward.servers.map {
            $0.address.isV6 ? "[\($0.address)]:\($0.port)" : "\($0.address):\($0.port)"
        }
    }
}
