import Addresses

/// What a connection can go to: an address, or a name that has to be resolved first.
enum Host: Hashable, Sendable {
    case address(IPAddress)
    /// In lower case, without a trailing dot.
    case name(String)

    enum Fault: ArgumentFault {
        case empty, notASCII, badLabel, tooLong, badAddress, hasPort

        var problem: String {
            switch self {
            case .empty: "has no host"
            case .notASCII: "is not ASCII (write an international name in its xn-- form)"
            case .badLabel: "is not a host name"
            case .tooLong: "is longer than a host name can be (253 letters)"
            case .badAddress: "is not an IP address, and a host name cannot end in a number"
            case .hasPort: "must not have a port"
            }
        }
    }

    /// Reads an IPv4 address, an IPv6 address with or without brackets, or a host name (RFC 1123 §2.1; `_` is
    /// allowed as it is in use). A last label of digits only would be a mistyped address, so it is refused.
    init(_ text: String) throws(Fault) {
        if let address = IPAddress(text) {
            self = .address(address)
        } else if text.hasPrefix("["), text.hasSuffix("]"), let address = IPv6Address(text.dropFirst().dropLast()) {
            self = .address(.v6(address))
        } else {
            self = .name(try Self.name(text))
        }
    }

    private static func name(_ text: String) throws(Fault) -> String {
        let name = text.hasSuffix(".") ? text.dropLast() : text[...]
        guard !name.isEmpty else { throw .empty }
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else { throw .notASCII }
        guard name.utf8.count <= 253 else { throw .tooLong }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ $0.utf8.allSatisfy(isNameByte) || $0.contains(":") }) else { throw .badLabel }
        if name.contains(":") { throw name.filter { $0 == ":" }.count == 1 ? .hasPort : .badAddress }
        for label in labels {
            guard (1...63).contains(label.utf8.count), label.first != "-", label.last != "-" else { throw .badLabel }
        }
        guard labels.last?.utf8.allSatisfy({ (0x30...0x39).contains($0) }) == false else { throw .badAddress }
        return name.lowercased()
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// As it stands in a URL: an IPv6 address in brackets.
    var inURL: String {
        if case .address(.v6(let address)) = self { "[\(address)]" } else { description }
    }

    /// Nil for an address, which TLS does not take as a server name (RFC 6066 §3).
    var name: String? {
        if case .name(let name) = self { name } else { nil }
    }
}

extension Host: CustomStringConvertible {
    var description: String {
        switch self {
        case .address(let address): address.description
        case .name(let name): name
        }
    }
}
