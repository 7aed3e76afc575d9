/// Why a set of records is not a zone.
package enum ZoneProblem: Error, Hashable, Sendable {
    case noSOA(apex: Name)
    case severalSOAs(apex: Name)
    case soaBelowApex(owner: Name, apex: Name)
    case noNS(apex: Name)
    case outside(owner: Name, apex: Name)
    /// A name with a CNAME has another record (RFC 2181 §10.1).
    case cnameNotAlone(owner: Name, other: RRType)
    case severalCNAMEs(owner: Name)
    case severalDNAMEs(owner: Name)
    /// There is data below a DNAME (RFC 6672 §2.4).
    case belowDNAME(owner: Name, dname: Name)
}

extension ZoneProblem: CustomStringConvertible {
    /// What is wrong, in words.
    package var description: String {
        switch self {
        case .noSOA(let apex): "the zone \(apex) has no SOA record"
        case .severalSOAs(let apex): "the zone \(apex) has several SOA records"
        case .soaBelowApex(let owner, let apex): "the SOA record of \(owner) is not at the zone's apex \(apex)"
        case .noNS(let apex): "the zone \(apex) has no NS record at its apex"
        case .outside(let owner, let apex): "\(owner) is outside the zone \(apex)"
        case .cnameNotAlone(let owner, let other): "\(owner) has a CNAME beside its \(other) record"
        case .severalCNAMEs(let owner): "\(owner) has several CNAME records"
        case .severalDNAMEs(let owner): "\(owner) has several DNAME records"
        case .belowDNAME(let owner, let dname): "\(owner) is below the DNAME record of \(dname)"
        }
    }

    /// What would have been right.
    package var expected: String {
        switch self {
        case .noSOA: "@ SOA primary mailbox serial refresh retry expire minimum"
        case .severalSOAs: "one SOA record"
        case .soaBelowApex: "the SOA record at the apex only"
        case .noNS: "@ NS server, at least once"
        case .outside(_, let apex): "\(apex) or a name below it; a name without a dot at its end is relative"
        case .cnameNotAlone: "a CNAME alone, or other records without it"
        case .severalCNAMEs: "one CNAME"
        case .severalDNAMEs: "one DNAME"
        case .belowDNAME: "nothing below a DNAME"
        }
    }

    /// The name to blame.
    var owner: Name {
        switch self {
        case .noSOA(let name), .severalSOAs(let name), .noNS(let name), .soaBelowApex(let name, _),
            .outside(let name, _), .cnameNotAlone(let name, _), .severalCNAMEs(let name), .severalDNAMEs(let name),
            .belowDNAME(let name, _):
            name
        }
    }
}

extension Zone {
    /// Everything that keeps these records from being a zone, in the order of the records.
    package var problems: [ZoneProblem] { problemsWithSets.map(\.problem) }

    /// The problems, each with the number of the set that shows it; nil for a set that is missing.
    var problemsWithSets: [(problem: ZoneProblem, set: Int?)] {
        var problems: [(problem: ZoneProblem, set: Int?)] = []
        let cnames = Set(rrsets.lazy.filter { $0.type == .cname }.map(\.owner))
        let dnames = Set(rrsets.lazy.filter { $0.type == .dname }.map(\.owner))
        for (index, rrset) in rrsets.enumerated() {
            if let problem = problem(of: rrset, cnames: cnames, dnames: dnames) { problems.append((problem, index)) }
        }
        for (type, problem) in [(.soa, .noSOA(apex: apex)), (.ns, .noNS(apex: apex))] as [(RRType, ZoneProblem)]
        where !rrsets.contains(where: { $0.type == type && $0.owner == apex }) {
            problems.append((problem, nil))
        }
        return problems
    }

    private func problem(of rrset: RRset, cnames: Set<Name>, dnames: Set<Name>) -> ZoneProblem? {
        let owner = rrset.owner
        guard owner.isAtOrBelow(apex) else { return .outside(owner: owner, apex: apex) }
        switch rrset.type {
        case .soa where owner != apex: return .soaBelowApex(owner: owner, apex: apex)
        case .soa where rrset.rdata.count > 1: return .severalSOAs(apex: apex)
        case .cname where rrset.rdata.count > 1: return .severalCNAMEs(owner: owner)
        case .dname where rrset.rdata.count > 1: return .severalDNAMEs(owner: owner)
        case .cname, .rrsig, .nsec: break  // what may stand beside a CNAME (RFC 4034 §2.5)
        default:
            if !cnames.isEmpty, cnames.contains(owner) { return .cnameNotAlone(owner: owner, other: rrset.type) }
        }
        if !dnames.isEmpty, rrset.type != .nsec3, rrset.type != .rrsig {
            var ancestor = owner == apex ? nil : owner.parent
            while let name = ancestor {
                if dnames.contains(name) { return .belowDNAME(owner: owner, dname: name) }
                ancestor = name == apex ? nil : name.parent
            }
        }
        return nil
    }
}
