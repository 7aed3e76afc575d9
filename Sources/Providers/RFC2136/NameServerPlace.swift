import Addresses
import DNS
import NIOCore
import NIOPosix

/// Where a name server is: an address, or a name that is looked up whenever it is needed.
enum NameServerPlace: Hashable, Sendable, CustomStringConvertible {
    case address(NameServer)
    /// A host's name without the final dot, and a port of 1…65535.
    case host(String, port: Int)

    /// Reads what `NameServer` does, `ns1.example.net` or `ns1.example.net:5300`.
    init?(_ text: String) {
        if let server = NameServer(text) {
            self = .address(server)
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var port = 53
        if parts.count == 2 {
            guard let number = Int(parts[1]), (1...65_535).contains(number) else { return nil }
            port = number
        }
        guard parts.count <= 2, let host = parts.first, Self.isHostName(host) else { return nil }
        self = .host(host.hasSuffix(".") ? String(host.dropLast()) : String(host), port: port)
    }

    /// Letters, digits and dashes between dots (RFC 1123 §2.1). Digits alone at the end are an address gone wrong.
    private static func isHostName(_ text: Substring) -> Bool {
        let name = text.hasSuffix(".") ? text.dropLast() : text
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, let last = labels.last, !last.allSatisfy(\.isNumber) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
    }

    /// The server with its address: the first that this machine's resolver gives. It throws `unavailable` if there is
    /// none by the deadline.
    func resolved(until deadline: Deadline) async throws(ProviderError) -> NameServer {
        guard case .host(let host, let port) = self else {
            guard case .address(let server) = self else { preconditionFailure("it is one of two") }
            return server
        }
        let address = await Self.address(of: host, port: port, within: deadline.remaining)
        switch address {
        case .found(let address): return NameServer(name: host, address: address, port: port)
        case .unknown: throw .unavailable(.unreachable, words: "\(host) does not resolve")
        case .late: throw .unavailable(.timedOut, words: "\(host) was not resolved in time")
        }
    }

    private enum Found: Sendable {
        case found(IPAddress)
        case unknown
        case late
    }

    /// The system's lookup blocks, and cannot be ended: it goes on alone when the time is over.
    private static func address(of host: String, port: Int, within limit: Duration) async -> Found {
        let (stream, continuation) = AsyncStream.makeStream(of: Found.self)
        NIOThreadPool.singleton.submit { state in
            guard case .active = state, let found = try? SocketAddress.makeAddressResolvingHost(host, port: port),
                let address = found.ipAddress.flatMap({ IPAddress($0) })
            else {
                continuation.yield(.unknown)
                return
            }
            continuation.yield(.found(address))
        }
        let alarm = Task {
            try? await ContinuousClock().sleep(for: limit)
            continuation.yield(.late)
        }
        defer {
            alarm.cancel()
            continuation.finish()
        }
        for await found in stream { return found }
        return .late
    }

    /// As `NameServer` prints.
    var description: String {
        switch self {
        case .address(let server): "\(server)"
        case .host(let host, let port): port == 53 ? host : "\(host)#\(port)"
        }
    }
}
