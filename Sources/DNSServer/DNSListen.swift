import Addresses

/// An address and port to be asked at, over UDP and TCP.
package struct DNSListen: Hashable, Sendable {
    /// `0.0.0.0` and `::` mean every address of that family; replies leave from the one that was asked.
    package var address: IPAddress
    /// 0–65535; 0 lets the system choose, the same for UDP and TCP.
    package var port: Int

    package init(address: IPAddress, port: Int) {
        self.address = address
        self.port = port
    }
}

extension DNSListen: CustomStringConvertible {
    package var description: String {
        switch address {
        case .v4: "\(address):\(port)"
        case .v6: "[\(address)]:\(port)"
        }
    }
}

/// Why the server does not start; nothing listens then.
package enum DNSServerError: Error, Hashable, Sendable {
    case nothingToListenOn
    case alreadyStarted
    case addressInUse(DNSListen)
    /// No interface of this machine has the address.
    case noSuchAddress(DNSListen)
    /// Ports below 1024 need CAP_NET_BIND_SERVICE.
    case notPermitted(DNSListen)
    /// Any other refusal of the system, with its error number.
    case refusedBySystem(DNSListen, errorNumber: Int32)
    case outOfMemory
    /// A listener for TLS or HTTPS has nothing to show.
    case certificate(DNSListen, CertificateError)
}

extension DNSServerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nothingToListenOn: "no address to listen on"
        case .alreadyStarted: "the DNS server was started already"
        case .addressInUse(let listen): "\(listen) is in use by another program"
        case .noSuchAddress(let listen): "\(listen) cannot be listened on: this machine does not have that address"
        case .notPermitted(let listen):
            "\(listen) cannot be listened on: ports below 1024 need the capability CAP_NET_BIND_SERVICE"
        case .refusedBySystem(let listen, let number): "\(listen) cannot be listened on: system error \(number)"
        case .certificate(let listen, let error): "\(listen) has no certificate: \(error)"
        case .outOfMemory: "not enough memory for the DNS server's buffers"
        }
    }
}
