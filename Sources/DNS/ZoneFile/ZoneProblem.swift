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
    /// No message could hold it.
    case setTooLarge(owner: Name, type: RRType)
    case tooManyTypes(owner: Name)
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
        case .setTooLarge(let owner, let type): "the \(type) records of \(owner) are too long for one message"
        case .tooManyTypes(let owner): "\(owner) has records of more than 255 types"
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
        case .setTooLarge: "at most 65535 octets altogether"
        case .tooManyTypes: "at most 255 types"
        }
    }
}

/// A problem and the set that shows it.
struct ZoneProblemOfSet {
    let problem: ZoneProblem
    /// Nil for a set that is missing.
    let set: SetKey?
}

/// What tells one set of a zone from another.
struct SetKey: Hashable {
    let owner: Name
    let type: RRType
}

/// Looks for what keeps the nodes of a zone from being one: first all are noted, then each is looked at.
struct ZoneCheck {
    /// Lower-cased.
    let apex: [UInt8]
    private(set) var problems: [ZoneProblemOfSet] = []
    private var hasDNAMEs = false

    init(apex: [UInt8]) { self.apex = apex }

    private var apexName: Name { Name(validWire: apex) }

    mutating func note(_ node: Node) {
        if !hasDNAMEs, node.rrset(TypeCode.dname) != nil { hasDNAMEs = true }
    }

    mutating func look(at node: Node, among table: borrowing NameTable) {
        var isPlain = !hasDNAMEs && !node.flags.contains(.apex) && isAtOrBelow(node, apex)
        var rrset = StoredRRset(base: node.firstRRset)
        for _ in 0..<node.rrsetCount {
            switch rrset.type {
            case TypeCode.soa, TypeCode.cname, TypeCode.dname: isPlain = false
            default: break
            }
            rrset = StoredRRset(base: rrset.next)
        }
        if isPlain { return }
        let dname = hasDNAMEs ? redirection(above: node, among: table) : nil
        rrset = StoredRRset(base: node.firstRRset)
        for _ in 0..<node.rrsetCount {
            if let problem = problem(of: rrset, at: node, dname: dname) {
                let key = SetKey(owner: Name(validWire: node.nameOctets), type: RRType(rawValue: rrset.type))
                problems.append(ZoneProblemOfSet(problem: problem, set: key))
            }
            rrset = StoredRRset(base: rrset.next)
        }
    }

    mutating func lookAtApex(among table: borrowing NameTable) {
        let node = apex.withUnsafeBytes { octets in
            octets.baseAddress.flatMap { table.find($0, count: octets.count) }
        }
        if node?.rrset(TypeCode.soa) == nil {
            problems.append(ZoneProblemOfSet(problem: .noSOA(apex: apexName), set: nil))
        }
        if node?.rrset(TypeCode.ns) == nil {
            problems.append(ZoneProblemOfSet(problem: .noNS(apex: apexName), set: nil))
        }
    }

    private func problem(of rrset: StoredRRset, at node: Node, dname: Name?) -> ZoneProblem? {
        let owner = Name(validWire: node.nameOctets)
        guard isAtOrBelow(node, apex) else { return .outside(owner: owner, apex: apexName) }
        let type = RRType(rawValue: rrset.type)
        switch type {
        case .soa where !node.flags.contains(.apex): return .soaBelowApex(owner: owner, apex: apexName)
        case .soa where rrset.recordCount > 1: return .severalSOAs(apex: apexName)
        case .cname where rrset.recordCount > 1: return .severalCNAMEs(owner: owner)
        case .dname where rrset.recordCount > 1: return .severalDNAMEs(owner: owner)
        case .cname, .rrsig, .nsec: break  // what may stand beside a CNAME (RFC 4034 §2.5)
        default: if node.flags.contains(.alias) { return .cnameNotAlone(owner: owner, other: type) }
        }
        guard let dname, type != .nsec3, type != .rrsig else { return nil }
        return .belowDNAME(owner: owner, dname: dname)
    }

    /// The closest name above that has a DNAME record, none if the node is the apex.
    private func redirection(above node: Node, among table: borrowing NameTable) -> Name? {
        var position = 0
        while node.nameLength - position > apex.count {
            position += 1 + Int(node.name.load(fromByteOffset: position, as: UInt8.self))
            if let above = table.find(node.name + position, count: node.nameLength - position),
                above.rrset(TypeCode.dname) != nil
            {
                return Name(validWire: above.nameOctets)
            }
        }
        return nil
    }
}

/// Whether a node's name equals a lower-cased wire name or lies below it.
func isAtOrBelow(_ node: Node, _ ancestor: [UInt8]) -> Bool {
    guard let position = suffixStart(of: node, length: ancestor.count) else { return false }
    return ancestor.withUnsafeBytes { octets in
        octets.baseAddress.map { sameOctets($0, node.name + position, count: octets.count) } ?? false
    }
}

/// Where in a node's name its last `length` octets begin, if a label does there.
private func suffixStart(of node: Node, length: Int) -> Int? {
    var position = 0
    while node.nameLength - position > length {
        position += 1 + Int(node.name.load(fromByteOffset: position, as: UInt8.self))
    }
    return node.nameLength - position == length ? position : nil
}
