/// Finding the answer (RFC 1034 §4.3.2, with RFC 4592, RFC 6672 and RFC 8482): each step either ends it or gives the
/// next name to look up.
extension Composer {
    /// Aliases and redirections followed for one question, so that a loop ends.
    private static let maximumHops = 16

    private enum Step {
        case done
        /// The name was changed to one of this length.
        case follow(Int)
    }

    /// Fills the sections for the lower-cased wire name in `name`, a buffer of 512 octets that it may change.
    mutating func resolve(_ name: UnsafeMutableRawPointer, count: Int, type: UInt16) {
        var count = count
        var visited = Visited()
        for hop in 0...Composer.maximumHops {
            switch step(name, count: count, type: type, isFirst: hop == 0, visited: &visited) {
            case .done: return
            case .follow(let length): count = length
            }
        }
    }

    private mutating func step(
        _ name: UnsafeMutableRawPointer, count: Int, type: UInt16, isFirst: Bool, visited: inout Visited
    ) -> Step {
        var skipped = 0
        if var node = source.zones.find(name, count: count) {
            if type == TypeCode.ds, node.flags.contains(.apex) {
                // DS belongs to the zone above (RFC 4035 §3.1.4.1), if that is ours too. Where an alias leads there,
                // the answer ends with the alias: whoever follows it asks for the name itself.
                if !isFirst, source.zones.zones[node.zone].parent >= 0 { return .done }
                if node.delegationAbove != 0 {
                    node = source.zones.node(at: node.delegationAbove)
                } else if source.zones.zones[node.zone].parent >= 0 {
                    skipped = 1 &+ Int(name.load(as: UInt8.self))
                }
            }
            if skipped == 0 {
                if node.flags.isDisjoint(with: [.occluded, .delegation]) {
                    return answer(node, name, count: count, type: type, visited: &visited)
                }
                if node.flags.contains(.occluded) {
                    return cross(
                        source.zones.node(at: node.cutOrReferral), name, count: count, type: type, visited: &visited)
                }
                if type == TypeCode.ds { return answer(node, name, count: count, type: type, visited: &visited) }
                return refer(node, count: count)
            }
        }
        guard let (encloser, _) = source.zones.closestEncloser(of: name, count: count, skipping: skipped) else {
            if isFirst { refuse() }
            return .done
        }
        if encloser.flags.contains(.occluded) {
            return cross(
                source.zones.node(at: encloser.cutOrReferral), name, count: count, type: type, visited: &visited)
        }
        if !encloser.flags.isDisjoint(with: [.delegation, .redirection]) {
            return cross(encloser, name, count: count, type: type, visited: &visited)
        }
        isAuthoritative = true
        if encloser.wildcard != 0 {
            let wildcard = source.zones.node(at: encloser.wildcard)
            isDenial = true
            return answer(wildcard, name, count: count, type: type, visited: &visited)
        }
        code = .nxDomain
        return deny(inZone: encloser.zone, count: count)
    }

    // MARK: - Answers

    /// Answers with what `node` has; the owner in the reply is the current name, as it must be for wildcards.
    @inline(__always)
    private mutating func answer(
        _ node: Node, _ name: UnsafeMutableRawPointer, count: Int, type: UInt16, visited: inout Visited
    ) -> Step {
        isAuthoritative = true
        let zone = node.zone
        let entry = source.zones.zones[zone]
        let apex = offset(ofSuffix: Int(entry.apexLength), of: count)
        let flags = node.flags
        if flags.contains(.dynamic), type == TypeCode.a || type == TypeCode.aaaa || type == TypeCode.any {
            if answerDynamic(node, entry: entry, apex: apex, type: type) { return .done }
        }
        if flags.contains(.apex), type == TypeCode.ns {
            answerNameServers(entry, apex: apex)
            return .done
        }
        var alias: StoredRRset?
        var position = node.firstRRset
        for _ in 0..<node.rrsetCount {
            let rrset = StoredRRset(base: position)
            if rrset.type == type || (type == TypeCode.any && !isSignatureType(rrset.type)) {
                if append(rrset, owner: nameOffset, apex: apex, zone: zone) {
                    appendNameServers(entry, apex: apex)
                } else {
                    truncate()
                }
                return .done
            }
            if rrset.type == TypeCode.cname { alias = rrset }
            position = rrset.next
        }
        guard let alias else { return deny(inZone: zone, count: count) }
        return follow(alias, of: node, name, count: count, apex: apex, visited: &visited)
    }

    private mutating func follow(
        _ alias: StoredRRset, of node: Node, _ name: UnsafeMutableRawPointer, count: Int, apex: Int,
        visited: inout Visited
    ) -> Step {
        let start = end
        // By its owner, since a wildcard's alias is another one for each name that it stands for.
        guard visited.insert(nameHash(name, count: count)) else { return .done }
        guard append(alias, owner: nameOffset, apex: apex, zone: node.zone) else {
            truncate()
            return .done
        }
        let zoneApex = source.zones.node(at: source.zones.zones[node.zone].apex)
        return .follow(follow(alias, at: start, apex: zoneApex, apexOffset: apex, name: name))
    }

    /// The A and AAAA records of a dynamic name, or their failure. False for ANY if it has neither.
    @inline(__always)
    private mutating func answerDynamic(_ node: Node, entry: ZoneEntry, apex: Int, type: UInt16) -> Bool {
        guard let answer = source.dynamic.answer(inSlot: node.slot) else {
            setErrorOption(code: ExtendedError.notReady)
            fail()
            return true
        }
        if answer.optionLength > 0 { setErrorOption(answer.option, count: answer.optionLength) }
        if answer.isFailure {
            fail()
            return true
        }
        let useV4 = type == TypeCode.a || (type == TypeCode.any && answer.v4Count > 0)
        let number = useV4 ? answer.v4Count : answer.v6Count
        if number == 0 {
            if type == TypeCode.any { return false }
            _ = deny(inZone: node.zone, apex: apex)
            return true
        }
        let fits = append(
            records: useV4 ? answer.v4Records : answer.v6Records, length: useV4 ? answer.v4Length : answer.v6Length,
            count: number, owner: nameOffset)
        if fits { appendNameServers(entry, apex: apex) } else { truncate() }
        return true
    }

    private mutating func answerNameServers(_ entry: ZoneEntry, apex: Int) {
        let template = source.zones.template(at: entry.nameServers)
        let start = end
        if append(template, .all, apex: apex, asAnswer: true) {
            if template.changingCount > 0 { appendChangingGlue(template, at: start, apex: apex) }
            return
        }
        if append(template, .authority, apex: apex, asAnswer: true) { return }
        truncate()
    }

    /// The zone's name servers after a positive answer, and their addresses, as far as there is room.
    @inline(__always)
    private mutating func appendNameServers(_ entry: ZoneEntry, apex: Int) {
        let template = source.zones.template(at: entry.nameServers)
        let start = end
        if append(template, .all, apex: apex) {
            if template.changingCount > 0 { appendChangingGlue(template, at: start, apex: apex) }
            return
        }
        _ = append(template, .authority, apex: apex)
    }

    // MARK: - No answer

    /// NODATA or (with `code` set) NXDOMAIN: the zone's SOA says for how long (RFC 2308 §3).
    private mutating func deny(inZone zone: Int, count: Int) -> Step {
        deny(inZone: zone, apex: offset(ofSuffix: Int(source.zones.zones[zone].apexLength), of: count))
    }

    private mutating func deny(inZone zone: Int, apex: Int) -> Step {
        let entry = source.zones.zones[zone]
        if !appendNegative(source.zones.template(at: entry.negative), apex: apex, zone: zone) { truncate() }
        return .done
    }

    /// At or below a zone cut or a redirection.
    private mutating func cross(
        _ node: Node, _ name: UnsafeMutableRawPointer, count: Int, type: UInt16, visited: inout Visited
    ) -> Step {
        node.flags.contains(.delegation)
            ? refer(node, count: count) : redirect(at: node, name, count: count, type: type, visited: &visited)
    }

    /// A referral (RFC 1034 §4.3.2 step 3b). Glue that does not fit makes it truncated (RFC 9471 §3.1).
    private mutating func refer(_ node: Node, count: Int) -> Step {
        isReferral = true
        let entry = source.zones.zones[node.zone]
        let template = source.zones.template(at: node.cutOrReferral)
        let apex = offset(ofSuffix: Int(entry.apexLength), of: count)
        let cut = offset(ofSuffix: node.nameLength, of: count)
        if append(template, .all, apex: apex, cut: cut) { return .done }
        if append(template, .required, apex: apex, cut: cut) { return .done }
        truncate()
        // After an alias the pointers would lead into what was just taken back.
        if nameOffset == headerLength { _ = append(template, .authority, apex: apex, cut: cut) }
        return .done
    }

    /// The name lies below a DNAME (RFC 6672 §3.2): that record, unless it was given for an earlier name, and the
    /// CNAME that it makes of the name.
    private mutating func redirect(
        at node: Node, _ name: UnsafeMutableRawPointer, count: Int, type: UInt16, visited: inout Visited
    ) -> Step {
        isAuthoritative = true
        var position = node.firstRRset
        while StoredRRset(base: position).type != TypeCode.dname { position = StoredRRset(base: position).next }
        let rrset = StoredRRset(base: position)
        let apex = offset(ofSuffix: Int(source.zones.zones[node.zone].apexLength), of: count)
        let owner = offset(ofSuffix: node.nameLength, of: count)
        if visited.insert(UInt64(UInt(bitPattern: node.base))),
            !append(rrset, owner: owner, apex: apex, zone: node.zone)
        {
            truncate()
            return .done
        }
        let prefix = count &- node.nameLength
        let targetLength = Int(rrset.records.loadWire(at: 10))
        guard prefix &+ targetLength <= 255 else {
            code = .yxDomain
            return .done
        }
        let ttl = UInt32(bigEndian: rrset.records.loadUnaligned(fromByteOffset: 6, as: UInt32.self))
        let length = redirect(
            name, prefix: prefix, target: rrset.records + 12, targetLength: targetLength, ttl: ttl)
        if length == 0 {
            truncate()
            return .done
        }
        if type == TypeCode.cname {
            appendNameServers(source.zones.zones[node.zone], apex: apex)
            return .done
        }
        // What leads below itself leads nowhere.
        if isBelow(name + prefix, count: targetLength, node) { return .done }
        return .follow(length)
    }

    /// Whether a lower-cased wire name is `node`'s or lies below it.
    private func isBelow(_ name: UnsafeMutableRawPointer, count: Int, _ node: Node) -> Bool {
        var position = 0
        while count &- position > node.nameLength {
            position &+= 1 &+ Int(name.load(fromByteOffset: position, as: UInt8.self))
        }
        return count &- position == node.nameLength && sameOctets(name + position, node.name, count: node.nameLength)
    }

    private mutating func refuse() {
        code = .refused
        setErrorOption(code: ExtendedError.notAuthoritative)
    }

    /// SERVFAIL, and nothing of what may stand there already.
    private mutating func fail() {
        discardSections()
        isAuthoritative = false
        code = .servFail
    }
}

/// Whether ANY passes a type over: signatures alone are of no use (RFC 8482 §4.1).
@inline(__always)
private func isSignatureType(_ type: UInt16) -> Bool { type == TypeCode.rrsig || type == TypeCode.nsec }

/// The aliases that one question has led through, by the hashes of their owners, and the redirections, by where they
/// are kept.
private struct Visited: BitwiseCopyable {
    private var marks: InlineArray<17, UInt64> = .init(repeating: 0)
    private var count = 0

    /// False if it was there already, or there is no room.
    mutating func insert(_ mark: UInt64) -> Bool {
        for index in 0..<count where marks[index] == mark { return false }
        if count == marks.count { return false }
        marks[count] = mark
        count += 1
        return true
    }
}
