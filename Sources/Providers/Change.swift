import Addresses
import DNS

/// What a name is to answer, before it is brought within a provider's capabilities.
package struct Wish: Hashable, Sendable {
    package var owner: Name
    /// A and AAAA, or one CNAME; none at all for a name that is to have no address. No type twice.
    package var sets: [RRset]

    package init(owner: Name, sets: [RRset]) {
        self.owner = owner
        self.sets = sets
    }

    /// The A and AAAA sets of these addresses, in their order; no set for a family that has none.
    package init(owner: Name, addresses: [IPAddress], ttlSeconds: UInt32) {
        self.init(owner: owner, sets: RRset.sets(owner: owner, addresses: addresses, ttlSeconds: ttlSeconds))
    }
}

/// What is to become of a name's RRsets. Made by the core from what was read and what is wished.
package struct Change: Hashable, Sendable {
    package var owner: Name
    /// What was read: a driver that can make a change conditional on it does so.
    package var before: [HeldSet]
    /// What is to be there of `types`. Those sets that are there already are in it too.
    package var after: [RRset]
    /// Every type that may be touched: one without a set in `after` is to have none.
    package var types: [RRType]
    /// An operator wants it sent again, even if nothing differs.
    package var isForced: Bool

    package init(owner: Name, before: [HeldSet], after: [RRset], types: [RRType], isForced: Bool = false) {
        self.owner = owner
        self.before = before
        self.after = after
        self.types = types
        self.isForced = isForced
    }

    /// What has to be done at the name, by type: nil if nothing.
    package static func from(_ held: [HeldSet], to wish: FittedWish, owner: Name, ignoringTTL: Bool) -> Change? {
        let change = Change(
            owner: owner, before: held.filter { wish.types.contains($0.rrset.type) }, after: wish.sets,
            types: wish.types)
        return change.steps(ignoringTTL: ignoringTTL).isEmpty ? nil : change
    }

    /// What is to be done to the RRset of one type.
    package enum Step: Hashable, Sendable {
        case create(RRset)
        case replace(HeldSet, by: RRset)
        case remove(HeldSet)

        package var type: RRType {
            switch self {
            case .create(let set): set.type
            case .replace(let held, _), .remove(let held): held.rrset.type
            }
        }
    }

    /// Only what differs, in the order of `types`.
    package func steps(ignoringTTL: Bool = false) -> [Step] {
        types.compactMap { type in
            let held = before.first { $0.rrset.type == type }
            let wished = after.first { $0.type == type }
            switch (held, wished) {
            case (nil, let wished?): return .create(wished)
            case (let held?, nil): return .remove(held)
            case (let held?, let wished?):
                return held.isAs(wished, ignoringTTL: ignoringTTL) ? nil : .replace(held, by: wished)
            case (nil, nil): return nil
            }
        }
    }

    /// Whether something that is there goes away or becomes another: a mere creation harms nobody.
    package var replacesValues: Bool {
        steps(ignoringTTL: true).contains { if case .create = $0 { false } else { true } }
    }
}

extension HeldSet {
    /// Whether it holds the same values (in any order) and, where it can have one of its own, the same TTL.
    package func isAs(_ wished: RRset, ignoringTTL: Bool = false) -> Bool {
        rrset.hasValues(of: wished) && (ignoringTTL || hasFixedTTL || rrset.ttlSeconds == wished.ttlSeconds)
    }
}

extension RRset {
    /// Whether both hold the same values, in any order.
    package func hasValues(of other: RRset) -> Bool {
        type == other.type && rdata.count == other.rdata.count && Set(rdata) == Set(other.rdata)
    }

    /// The addresses of an A or AAAA set, in their order.
    package var addresses: [IPAddress] {
        rdata.compactMap { octets in
            switch (type, octets.count) {
            case (.a, 4): .v4(IPv4Address(bits: octets.reduce(0) { $0 << 8 | UInt32($1) }))
            case (.aaaa, 16): .v6(IPv6Address(bits: octets.reduce(0) { $0 << 8 | UInt128($1) }))
            default: nil
            }
        }
    }

    /// The values in the text form of a zone file, as most APIs take them.
    package var valueTexts: [String] { rdata.map { RData.text(type, $0) } }

    package static func sets(owner: Name, addresses: [IPAddress], ttlSeconds: UInt32) -> [RRset] {
        let families: [(RRType, [IPAddress])] = [
            (.a, addresses.filter { if case .v4 = $0 { true } else { false } }),
            (.aaaa, addresses.filter { if case .v6 = $0 { true } else { false } }),
        ]
        return families.compactMap { type, list in
            list.isEmpty
                ? nil : RRset(owner: owner, type: type, ttlSeconds: ttlSeconds, rdata: list.map(\.octets))
        }
    }

    /// The set of an API's values: addresses, or one name for a CNAME. nil if a value is not of the type.
    package init?(owner: Name, type: RRType, ttlSeconds: UInt32, texts: [String]) {
        var rdata: [[UInt8]] = []
        for text in texts {
            switch type {
            case .a: guard let address = IPv4Address(text) else { return nil }; rdata.append(address.octets)
            case .aaaa: guard let address = IPv6Address(text) else { return nil }; rdata.append(address.octets)
            case .cname: guard let name = try? Name(text) else { return nil }; rdata.append(name.wire)
            default: return nil
            }
        }
        guard !rdata.isEmpty else { return nil }
        self.init(owner: owner, type: type, ttlSeconds: ttlSeconds, rdata: rdata)
    }
}

extension Name {
    /// Lower case, without the final dot, as HTTP APIs write names.
    package var apiText: String {
        let text = inLowerCase.description
        return text.count > 1 ? String(text.dropLast()) : text
    }
}
