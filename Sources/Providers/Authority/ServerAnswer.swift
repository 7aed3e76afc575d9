import Addresses
import DNS

/// A name server at one of its addresses.
package struct NameServer: Hashable, Sendable, CustomStringConvertible {
    /// `ns1.example.org`; nil if only its address is known.
    package var name: String?
    package var address: IPAddress
    /// 1…65535.
    package var port: Int

    package init(name: String? = nil, address: IPAddress, port: Int = 53) {
        self.name = name
        self.address = address
        self.port = port
    }

    /// `ns1.example.org (192.0.2.53)`, `192.0.2.53`; with its port if that is not 53.
    package var description: String {
        let place = port == 53 ? "\(address)" : "\(address)#\(port)"
        return name.map { "\($0) (\(place))" } ?? place
    }

    /// Reads `192.0.2.53`, `192.0.2.53:5300`, `2001:db8::53` or `[2001:db8::53]:5300`.
    package init?(_ text: String) {
        if let address = IPAddress(text) {
            self.init(address: address)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(host) else { return nil }
        self.init(address: address, port: port)
    }
}

/// Why a server gave no answer that counts.
package enum ServerTrouble: Error, Hashable, Sendable, CustomStringConvertible {
    /// In words: `no answer within 1.5 seconds`.
    case silent(String)
    /// REFUSED, SERVFAIL …
    case code(ResponseCode)
    /// It does not answer with authority.
    case lame

    package var description: String {
        switch self {
        case .silent(let words): words
        case .code(let code): "\(code)"
        case .lame: "not authoritative"
        }
    }
}

/// What one server answers for a name.
package struct ServerAnswer: Hashable, Sendable {
    package var server: String
    /// The sets of the asked types that are not empty.
    package var result: Result<[HeldSet], ServerTrouble>
    /// From the question to the last answer.
    package var latency: Duration

    package init(server: String, result: Result<[HeldSet], ServerTrouble>, latency: Duration = .zero) {
        self.server = server
        self.result = result
        self.latency = latency
    }

    /// Whether it answers exactly these values (the TTL may run down on the way) and nothing of the other types.
    package func agrees(with wish: FittedWish) -> Bool {
        guard case .success(let sets) = result else { return false }
        return wish.types.allSatisfy { type in
            let found = sets.first { $0.rrset.type == type }?.rrset
            let wished = wish.sets.first { $0.type == type }
            switch (found, wished) {
            case (nil, nil): return true
            case (let found?, let wished?): return found.hasValues(of: wished)
            default: return false
            }
        }
    }
}
