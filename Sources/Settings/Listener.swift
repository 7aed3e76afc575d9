import Addresses

/// An address and a port to listen on, and where it was written.
package struct Listener: Hashable, Sendable, CustomStringConvertible {
    package var address: IPAddress
    /// 1…65535.
    package var port: Int
    /// Both from 1; 1 if it was not written and is the default.
    package var line: Int
    package var column: Int
    /// Where in the tree it was written: `listen.dns[0]`.
    package var path: String

    /// `127.0.0.1:53`, `[::1]:53`.
    package var description: String {
        switch address {
        case .v4: "\(address):\(port)"
        case .v6: "[\(address)]:\(port)"
        }
    }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool {
        switch address {
        case .v4(let address): address.bits >> 24 == 127
        case .v6: description.hasPrefix("[::1]:")
        }
    }

    /// Why a text is not a listener.
    enum Fault: Error {
        case noPort
        case badPort
        case notAnAddress
        /// IPv4 in brackets, or IPv6 without.
        case brackets(IPAddress, port: Int)

        var problem: String {
            switch self {
            case .noPort: "has no port"
            case .badPort: "has no port of 1…65535 after its last colon"
            case .notAnAddress: "does not begin with an address"
            case .brackets(.v4, _): "has an IPv4 address in brackets"
            case .brackets(.v6, _): "has an IPv6 address without brackets"
            }
        }

        func expected(_ standard: String) -> String {
            switch self {
            case .brackets(.v4(let address), let port): "\(address):\(port)"
            case .brackets(.v6(let address), let port): "[\(address)]:\(port)"
            default: "ADDRESS:PORT such as \(standard) or [::1]:53"
            }
        }
    }

    /// Reads `192.0.2.1:53` or `[2001:db8::1]:53`.
    static func parse(_ text: String) throws(Fault) -> (address: IPAddress, port: Int) {
        guard IPAddress(text) == nil, let colon = text.lastIndex(of: ":") else { throw .noPort }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
            (1...65_535).contains(port)
        else { throw text.last == "]" ? .noPort : .badPort }
        let host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        guard let address = IPAddress(isBracketed ? host.dropFirst().dropLast() : host) else { throw .notAnAddress }
        switch (address, isBracketed) {
        case (.v4, false), (.v6, true): return (address, port)
        default: throw .brackets(address, port: port)
        }
    }
}
