import DNS

/// Why two right answers may differ. Each has its row in docs/conformance.md.
enum Explanation: String, CaseIterable {
    /// NS records after a positive answer, and any addresses that nobody asked for.
    case optionalRecords = "optional records"
    /// Knot follows an alias within its zone only.
    case aliasOutOfZone = "alias out of the zone"
    /// Whichever of a name's RRsets stands for ANY (RFC 8482 §4.1).
    case any = "ANY"
    /// What NS and DNAME at a wildcard mean is undefined (RFC 4592 §4.2, §4.4).
    case wildcardCut = "NS or DNAME at a wildcard"
    /// Where aliases lead in a circle, or further and further below themselves, each stops where it likes.
    case loop = "loops"
    /// Addresses of a zone cut's name servers that only a wildcard below the cut stands for.
    case wildcardGlue = "glue by wildcard"
    /// Knot goes on with the target of a DNAME that made the name too long (RFC 6672 §3.2 says to end there).
    case overflow = "YXDOMAIN"
    /// Where an alias leads to another zone's apex, DS is asked of the zone above it: each ends elsewhere.
    case aliasToApex = "DS of an alias"
    /// NSD keeps one tree of names for all zones, so that one zone's occluded names and glue change what exists in
    /// another. Explained only if Knot agrees with us.
    case sharedTree = "one tree for all zones"
}

extension Comparison {
    /// The differences that nothing explains, and what explains the others.
    func judge(
        in world: World, peer: Peer.Kind, knotAgrees: Bool
    ) -> (unexplained: [Field], explanations: Set<Explanation>) {
        var fields = differences
        var explanations: Set<Explanation> = []
        func explain(_ explanation: Explanation, _ explained: [Field]) {
            let before = fields.count
            fields.removeAll(where: explained.contains)
            if fields.count != before { explanations.insert(explanation) }
        }
        if query.type == .any, fields.contains(.answer), !ours.answer.isEmpty, !theirs.answer.isEmpty {
            explain(.any, [.answer])
        }
        if fields.contains(.additional), agreesOnGlue, world.hasAll(ours.additional) {
            explain(.optionalRecords, [.additional])
        }
        if ours.isReferral, Set(ours.additional).isSubset(of: theirs.additional),
            Set(theirs.additional).subtracting(ours.additional).isDisjoint(with: world.records)
        {
            explain(.wildcardGlue, [.additional])
        }
        if fields.contains(.authority), !ours.answer.isEmpty, authorityIsOptional(in: world) {
            explain(.optionalRecords, [.authority])
        }
        if peer == .knot, leavesZoneInTheirs(world), Set(theirs.answer).isSubset(of: ours.answer) {
            explain(.aliasOutOfZone, [.code, .answer, .authority, .additional])
        }
        if peer == .nsd, knotAgrees, names(in: ours).contains(where: { world.isShared($0, type: query.type) }) {
            explain(.sharedTree, [.code, .authoritative, .answer, .authority, .additional])
        }
        if !fields.isEmpty, names(in: ours).contains(where: world.isWildcardCut) {
            explain(.wildcardCut, [.code, .authoritative, .answer, .authority, .additional])
        }
        if peer == .knot, ours.message.rcode == .yxDomain, Set(ours.answer).isSubset(of: theirs.answer) {
            explain(.overflow, [.code, .answer, .authority, .additional])
        }
        if query.type == .ds, names(in: ours).dropFirst().contains(where: world.zones.map(\.apex).contains) {
            explain(.aliasToApex, [.authority, .additional])
        }
        if !fields.isEmpty, world.hasLoop(through: names(in: ours)) || world.hasLoop(through: names(in: theirs)) {
            explain(.loop, [.code, .answer, .authority, .additional])
        }
        return (fields, explanations)
    }

    /// Glue at or below the cut is indispensable (RFC 9471 §3); all else in ADDITIONAL may be or not.
    private var agreesOnGlue: Bool {
        guard ours.isReferral, let cut = ours.message.authority.first(where: { $0.type == .ns })?.owner else {
            return true
        }
        func glue(_ reply: Reply) -> [String] {
            reply.message.additional.filter { $0.owner.isAtOrBelow(cut) }
                .map { "\($0.owner.inLowerCase) \($0.type) \($0.rdata)" }.sorted()
        }
        return glue(ours) == glue(theirs)
    }

    /// What one has and the other lacks are the name servers of a zone, beside an answer.
    private func authorityIsOptional(in world: World) -> Bool {
        let surplus = Set(ours.authority).symmetricDifference(theirs.authority)
        let records = ours.message.authority + theirs.message.authority
        let apexes = Set(world.zones.map(\.apex))
        return (ours.authority.isEmpty || theirs.authority.isEmpty) && world.hasAll(Array(surplus))
            && records.allSatisfy { $0.type == .ns && apexes.contains($0.owner) }
    }

    /// Whether the last alias of their answer points out of the zone that the question's name is in.
    private func leavesZoneInTheirs(_ world: World) -> Bool {
        theirs.answer.contains { $0.contains(" CNAME ") }
            && world.zone(of: finalName(of: theirs)) != world.zone(of: query.name)
    }

    /// Where the aliases of an answer lead.
    private func finalName(of reply: Reply) -> Name { names(in: reply).last ?? query.name }

    /// The name asked for and those that its aliases lead to.
    private func names(in reply: Reply) -> [Name] {
        var names = [query.name]
        for _ in reply.answer {
            let name = names[names.count - 1]
            guard let alias = reply.message.answers.first(where: { $0.type == .cname && $0.owner == name }) else {
                break
            }
            names.append(Name(validWire: alias.rdata))
        }
        return names
    }
}

extension World {
    /// The apex of the closest zone.
    func zone(of name: Name) -> Name? {
        zones.map(\.apex).filter { name.isAtOrBelow($0) }.max { $0.labelCount < $1.labelCount }
    }

    /// Whether another zone than its own has names beside or below it that its own zone would rule.
    func isShared(_ name: Name, type: RRType) -> Bool {
        let isAbove = type == .ds && zones.contains { $0.apex == name }
        guard let own = zone(of: isAbove ? name.parent ?? name : name) else { return false }
        var depth = name
        while let parent = depth.parent, parent != own { depth = parent }
        return contents.contains { $0.apex != own && $0.rrsets.contains { $0.owner.isAtOrBelow(depth) } }
    }

    /// Whether a wildcard with NS or DNAME stands for the name.
    func isWildcardCut(_ name: Name) -> Bool {
        contents.flatMap(\.rrsets).contains { rrset in
            guard rrset.owner.isWildcard, [.ns, .dname].contains(rrset.type), let parent = rrset.owner.parent else {
                return false
            }
            return name.isAtOrBelow(parent) && name != parent
        }
    }

    /// Whether one of the names is met twice, or redirected to somewhere below the redirection.
    func hasLoop(through names: [Name]) -> Bool {
        let redirections = contents.flatMap(\.rrsets).filter { $0.type == .dname }
        return Set(names).count < names.count
            || names.contains { name in
                redirections.contains { dname in
                    name != dname.owner && name.isAtOrBelow(dname.owner)
                        && Name(validWire: dname.rdata[0]).isAtOrBelow(dname.owner)
                }
            }
    }

    /// Whether every line is a record of one of the zones.
    func hasAll(_ lines: [String]) -> Bool { lines.allSatisfy(records.contains) }
}
