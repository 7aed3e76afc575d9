/// What a zone may hold and its author probably did not mean.
package enum ZoneWarning: Hashable, Sendable {
    /// A name server of the zone or of a delegation, itself in the zone, has no A or AAAA record.
    case nameServerWithoutAddress(Name, of: Name)
    /// NS and MX must not name an alias (RFC 2181 §10.3).
    case targetIsAlias(Name, type: RRType, of: Name)
    /// A name in the zone that something points to does not exist.
    case missingTarget(Name, type: RRType, of: Name)
    /// Below a zone cut, and no address of a name server: nobody is ever told of it.
    case occluded(Name, type: RRType, below: Name)
}

extension ZoneWarning: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nameServerWithoutAddress(let server, let owner):
            "the name server \(server) of \(owner) has no address; expected an A or AAAA record"
        case .targetIsAlias(let target, let type, let owner):
            "\(target), named by the \(type) record of \(owner), is an alias; expected a name with addresses"
        case .missingTarget(let target, let type, let owner):
            "\(target), named by the \(type) record of \(owner), does not exist"
        case .occluded(let owner, let type, let cut):
            "the \(type) records of \(owner) are below the zone cut \(cut) and are never answered"
        }
    }
}

extension Zone {
    /// What is probably not meant, in the order of the records. It does not keep the zone from being served.
    package var warnings: [ZoneWarning] {
        let names = NamesOfZone(self)
        return rrsets.flatMap { names.warnings(about: $0) }
    }
}

/// The names of a zone, by what they have.
private struct NamesOfZone {
    private let apex: Name
    private var existing: Set<Name> = []
    private var withAddress: Set<Name> = []
    private var aliases: Set<Name> = []
    private var cuts: Set<Name> = []
    private var redirections: Set<Name> = []
    private var servers: Set<Name> = []

    init(_ zone: Zone) {
        apex = zone.apex
        for rrset in zone.rrsets {
            var name = rrset.owner
            while existing.insert(name).inserted, name != apex, let parent = name.parent { name = parent }
            switch rrset.type {
            case .a, .aaaa: withAddress.insert(rrset.owner)
            case .cname: aliases.insert(rrset.owner)
            case .dname: redirections.insert(rrset.owner)
            case .ns:
                if rrset.owner != apex { cuts.insert(rrset.owner) }
                servers.formUnion(rrset.rdata.map { Name(validWire: $0) })
            default: break
            }
        }
    }

    func warnings(about rrset: RRset) -> [ZoneWarning] {
        if let cut = closest(cuts, above: rrset.owner) {
            let isGlue = [.a, .aaaa].contains(rrset.type) && servers.contains(rrset.owner)
            return isGlue ? [] : [.occluded(rrset.owner, type: rrset.type, below: cut)]
        }
        guard [.ns, .mx, .cname, .srv, .ptr].contains(rrset.type) else { return [] }
        return rrset.rdata.flatMap { RData.names(type: rrset.type, wire: $0) }
            .compactMap { warning(about: $0, rrset.type, of: rrset.owner) }
    }

    private func warning(about target: Name, _ type: RRType, of owner: Name) -> ZoneWarning? {
        guard target.isAtOrBelow(apex), !target.isRoot else { return nil }
        if [.ns, .mx].contains(type), aliases.contains(target) {
            return .targetIsAlias(target, type: type, of: owner)
        }
        // Another server's zone, or a redirection, says what is there; only glue is ours to give.
        let isGlue = type == .ns && target.isAtOrBelow(owner) && owner != apex
        if !isGlue, cuts.contains(target) || closest(cuts, above: target) != nil { return nil }
        if closest(redirections, above: target) != nil { return nil }
        let isSynthesized = hasWildcard(for: target)
        if type == .ns, !withAddress.contains(target), !isSynthesized {
            return .nameServerWithoutAddress(target, of: owner)
        }
        return existing.contains(target) || isSynthesized ? nil : .missingTarget(target, type: type, of: owner)
    }

    private func closest(_ names: Set<Name>, above name: Name) -> Name? {
        if names.isEmpty { return nil }
        var ancestor = name == apex ? nil : name.parent
        while let above = ancestor {
            if names.contains(above) { return above }
            ancestor = above == apex ? nil : above.parent
        }
        return nil
    }

    /// Whether a wildcard stands for a name that does not exist (RFC 4592 §3.3.1).
    private func hasWildcard(for name: Name) -> Bool {
        guard !existing.contains(name) else { return false }
        var encloser = name
        while !existing.contains(encloser), let parent = encloser.parent { encloser = parent }
        return (try? encloser.prepending([UInt8(ascii: "*")])).map(existing.contains) ?? false
    }
}
