import Addresses

/// Who may have whole zones, who is told of changes, and the keys to know them by.
package struct TransferPolicy: Hashable, Sendable {
    /// No two of one name.
    package var keys: [TSIGKey]
    /// Who may transfer a zone that has no list of its own; nobody by default.
    package var transfer: [TransferRule]
    /// Who is told of changes to a zone that has no list of its own.
    package var notify: [NotifyTarget]
    /// Zones with lists of their own, by apex.
    package var zones: [Name: ZoneTransferPolicy]

    package init(
        keys: [TSIGKey] = [], transfer: [TransferRule] = [], notify: [NotifyTarget] = [],
        zones: [Name: ZoneTransferPolicy] = [:]
    ) {
        self.keys = keys
        self.transfer = transfer
        self.notify = notify
        self.zones = zones
    }

    package func key(named name: Name) -> TSIGKey? { keys.first { $0.name == name } }

    /// Whether a client may transfer a zone: one of its rules says so.
    ///
    /// - Parameter key: the name of the key that the query was signed with.
    package func allowsTransfer(of zone: Name, to client: IPAddress, key: Name?) -> Bool {
        (zones[zone]?.transfer ?? transfer).contains { $0.matches(client, key: key) }
    }

    package func targets(ofZone zone: Name) -> [NotifyTarget] { zones[zone]?.notify ?? notify }
}

/// What a zone has instead of the defaults; nil where it has nothing of its own.
package struct ZoneTransferPolicy: Hashable, Sendable {
    package var transfer: [TransferRule]?
    package var notify: [NotifyTarget]?

    package init(transfer: [TransferRule]? = nil, notify: [NotifyTarget]? = nil) {
        self.transfer = transfer
        self.notify = notify
    }
}

/// One way to be allowed a transfer: from such an address, with such a key, or both at once.
package struct TransferRule: Hashable, Sendable {
    /// nil is any address.
    package var prefix: AddressPrefix?
    /// nil is with any key or none.
    package var key: Name?

    /// - Parameters: at least one of the two.
    package init(prefix: AddressPrefix?, key: Name? = nil) {
        precondition(prefix != nil || key != nil, "a rule for everybody must say so")
        self.prefix = prefix
        self.key = key
    }

    func matches(_ client: IPAddress, key: Name?) -> Bool {
        if let prefix, !prefix.contains(client) { return false }
        if let required = self.key { return required == key }
        return true
    }
}

/// Who is told that a zone has changed (RFC 1996).
package struct NotifyTarget: Hashable, Sendable {
    package var address: IPAddress
    /// 1–65535.
    package var port: Int
    /// What the notice is signed with, by name.
    package var key: Name?

    package init(address: IPAddress, port: Int = 53, key: Name? = nil) {
        self.address = address
        self.port = port
        self.key = key
    }
}

/// The addresses that begin with certain bits.
package struct AddressPrefix: Hashable, Sendable {
    package let address: IPAddress
    /// Bits that count: 0–32 or 0–128.
    package let length: Int

    /// One address.
    package init(_ address: IPAddress) {
        self.address = address
        length = address.octets.count * 8
    }

    /// Reads `192.0.2.0/24`, `2001:db8::/32` or an address; nil if it is none, or has bits set beyond the prefix.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        let whole = address.octets.count * 8
        var length = whole
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let written = Int(parts[1]),
                written <= whole
            else { return nil }
            length = written
        }
        self.address = address
        self.length = length
        for (index, octet) in address.octets.enumerated() where octet & ~mask(ofOctet: index) != 0 { return nil }
    }

    package func contains(_ other: IPAddress) -> Bool {
        let (ours, theirs) = (address.octets, other.octets)
        guard ours.count == theirs.count else { return false }
        return ours.indices.allSatisfy { (ours[$0] ^ theirs[$0]) & mask(ofOctet: $0) == 0 }
    }

    private func mask(ofOctet index: Int) -> UInt8 {
        let bits = min(max(length - 8 * index, 0), 8)
        return UInt8(truncatingIfNeeded: 0xFF00 >> bits)
    }
}
