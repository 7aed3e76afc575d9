extension Zone {
    /// A rule that the zone breaks.
    package struct Problem: Sendable {
        /// Where in `rrsets`; nil for the zone as a whole.
        package var rrset: Int?
        package var problem: String
        package var expected: String
    }

    /// Every rule that the zone breaks; empty if it can be served.
    package var problems: [Problem] {
        var problems: [Problem] = []
        let soa = rrsets.filter { $0.type == .soa && $0.owner == apex }
        if soa.isEmpty {
            problems.append(
                Problem(problem: "the zone \(apex) has no SOA record", expected: "one SOA record at \(apex)"))
        }
        if !rrsets.contains(where: { $0.type == .ns && $0.owner == apex }) {
            problems.append(
                Problem(problem: "the zone \(apex) has no NS record", expected: "at least one NS record at \(apex)"))
        }
        var types: [Name: [RRType]] = [:]
        for rrset in rrsets { types[rrset.owner, default: []].append(rrset.type) }
        for (index, rrset) in rrsets.enumerated() {
            problems += self.problems(of: rrset, beside: types[rrset.owner] ?? []).map {
                Problem(rrset: index, problem: $0.problem, expected: $0.expected)
            }
        }
        return problems
    }

    private func problems(of rrset: RRset, beside types: [RRType]) -> [(problem: String, expected: String)] {
        let owner = rrset.owner
        switch rrset.type {
        case .soa where owner != apex:
            return [("a SOA record at \(owner)", "the SOA record at the zone's apex \(apex) only")]
        case .soa where rrset.rdata.count > 1:
            return [("\(rrset.rdata.count) SOA records", "one SOA record (RFC 1035 §5.2)")]
        case .cname where rrset.rdata.count > 1:
            return [("\(rrset.rdata.count) CNAME records at \(owner)", "one (RFC 2181 §10.1)")]
        case .cname where types.contains(where: { ![.cname, .rrsig, .nsec].contains($0) }):
            return [("\(owner) has a CNAME and other records", "a CNAME alone (RFC 2181 §10.1)")]
        case .dname where rrset.rdata.count > 1:
            return [("\(rrset.rdata.count) DNAME records at \(owner)", "one (RFC 6672 §2.4)")]
        default:
            return []
        }
    }

    /// The zone as text, one record a line: the SOA first, then by canonical order (RFC 4034 §6).
    package var canonicalText: String {
        let sorted = rrsets.sorted { left, right in
            if left.owner != right.owner { return left.owner < right.owner }
            if left.type == .soa || right.type == .soa { return left.type == .soa }
            return left.type.rawValue < right.type.rawValue
        }
        return sorted.map { rrset in
            rrset.rdata.sorted { $0.lexicographicallyPrecedes($1) }.map { rdata in
                "\(rrset.owner)\t\(rrset.ttlSeconds)\tIN\t\(rrset.type)\t"
                    + RDataText.presentation(of: rrset.type, wire: rdata) + "\n"
            }.joined()
        }.joined()
    }
}
