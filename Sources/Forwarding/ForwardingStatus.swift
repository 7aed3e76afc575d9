import Failover

/// How forwarding stands, for people.
package struct ForwardingStatus: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// Nothing is to be forwarded.
        case idle
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

extension ForwardingStatus {
    /// What must be looked after, each a sentence.
    package var everythingInTheWay: [String] {
        if case .unavailable(let error) = state { return ["\(error)"] }
        return problems
    }

    /// For the page and the terminal: a line for each place, then what is in the way. Nil if there is nothing to tell.
    package var text: String? {
        var lines: [String] =
            switch state {
            case .idle: []
            case .unavailable(let error): ["\(error)"]
            case .inForce:
                places.map { "\($0.place) of \($0.service) → \($0.servers.joined(separator: ", "))" }
            }
        lines += problems
        if repairs > 0 {
            lines.append("changed by somebody else and put right: \(repairs == 1 ? "once" : "\(repairs) times")")
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}
