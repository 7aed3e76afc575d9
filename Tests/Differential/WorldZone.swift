import DNS
import TestSupport

/// One zone of a world while it is written.
struct WorldZone {
    static let labels = [
        "a", "b", "c", "*", "_tcp", "sub", "ns1", "UPPER", "dot.ted", "sp ace", "\u{7}bell", "q\"uote", "at@",
        String(repeating: "x", count: 63),
    ]

    private enum Kind {
        case data
        case alias
        case redirection
        case delegation
    }

    let apex: Name
    /// Apexes of the world's zones below this one. NSD, with its one tree, refuses a DNAME that another zone is below.
    let others: [Name]
    /// Whether it is the only zone of its world.
    let isAlone: Bool
    private(set) var owners: [Name] = []
    private(set) var text = ""
    private var kinds: [Name: Kind] = [:]

    init(apex: Name, others: [Name], isAlone: Bool) {
        self.apex = apex
        self.others = others
        self.isAlone = isAlone
        kinds[apex] = .data
    }

    /// Writes everything; `known` are names of zones that came before.
    mutating func fill(known: [Name], random: inout SeededRandom) {
        let minimum = random.pick([0, 60, 3600])
        text += "\(apex) \(random.pick([30, 900, 86400])) IN SOA \(apex.prefixed(with: "ns1")) "
        text += "hostmaster.example.test. \(random.number(1...9999)) 3600 600 604800 \(minimum)\n"
        let targets = known + [apex.prefixed(with: "a"), apex.prefixed(with: "b").prefixed(with: "a")]
        if isAlone, random.chance(50) { return redirectAll(targets, random: &random) }
        writeNameServers(of: apex, known: targets, random: &random)
        for other in others where random.chance(70) { delegate(other, known: targets, random: &random) }
        for _ in 0..<random.number(5...25) { writeOwner(known: targets + owners, random: &random) }
    }

    // MARK: - Owners

    /// A zone that is nothing but a DNAME at its apex.
    private mutating func redirectAll(_ known: [Name], random: inout SeededRandom) {
        write(apex, "NS", "ns1.example.net.", ttl: 900)
        write(apex, "DNAME", target(known, &random), &random)
        write(apex, "MX", "10 \(target(known, &random))", &random)
    }

    private mutating func writeOwner(known: [Name], random: inout SeededRandom) {
        let owner = freshName(random: &random)
        let below = (others + kinds.keys).contains { $0 != owner && $0.isAtOrBelow(owner) }
        switch (kinds[owner], random.number(0...99)) {
        case (nil, 0..<20) where !isDelegatedAbove(owner) || random.chance(30): alias(owner, known, &random)
        case (nil, 20..<32) where !below && !others.contains(where: owner.isAtOrBelow): redirect(owner, known, &random)
        case (nil, 32..<50) where !owner.isWildcard || random.chance(10):
            delegate(owner, known: known, random: &random)
        case (nil, _), (.data?, _): writeData(owner, known, &random)
        case (.delegation?, _): write(owner, "DS", "12345 13 2 \(RecordSamples.digest)", &random)
        case (.alias?, _), (.redirection?, _): break
        }
    }

    private mutating func alias(_ owner: Name, _ known: [Name], _ random: inout SeededRandom) {
        kinds[owner] = .alias
        write(owner, "CNAME", target(known, &random), &random)
    }

    private mutating func redirect(_ owner: Name, _ known: [Name], _ random: inout SeededRandom) {
        kinds[owner] = .redirection
        write(owner, "DNAME", target(known, &random), &random)
        if random.chance(30) { write(owner, "TXT", "\"beside\"", &random) }
    }

    private mutating func delegate(_ owner: Name, known: [Name], random: inout SeededRandom) {
        guard kinds[owner] == nil, !isRedirectedAbove(owner) else { return }
        kinds[owner] = .delegation
        writeNameServers(of: owner, known: known, random: &random)
        if random.chance(40) { write(owner, "DS", "12345 13 2 \(RecordSamples.digest)", &random) }
        // Occluded data at the cut itself.
        if random.chance(15) { write(owner, "TXT", "\"occluded\"", &random) }
    }

    private mutating func writeData(_ owner: Name, _ known: [Name], _ random: inout SeededRandom) {
        kinds[owner] = .data
        for _ in 0..<random.number(1...3) {
            let sample = random.chance(40) ? RecordSamples.all[random.number(0...1)] : random.pick(RecordSamples.all)
            guard owner != apex || sample.type != "DS" else { continue }
            let ttl = random.pick([0, 5, 300, 86400])
            for data in sample.data where random.chance(60) {
                var data = data
                while let range = data.firstRange(of: "{name}") {
                    data.replaceSubrange(range, with: target(known, &random))
                }
                text += "\(owner) \(ttlOf(owner, sample.type, ttl)) IN \(sample.type) \(data)\n"
            }
        }
    }

    /// NS records, sometimes with addresses of their targets: inside, at siblings, below deeper cuts, or missing.
    private mutating func writeNameServers(of owner: Name, known: [Name], random: inout SeededRandom) {
        for index in 1...random.number(1...3) {
            let server: Name =
                switch random.number(0...3) {
                case 0, 1: owner.prefixed(with: "ns\(index)")
                case 2: apex.prefixed(with: "ns\(index)")
                default: random.pick(known)
                }
            write(owner, "NS", "\(server)", ttl: 900)
            guard server.isAtOrBelow(apex), random.chance(75), !isRedirectedAbove(server), allowsData(server) else {
                continue
            }
            if kinds[server] == nil { kinds[server] = .data }
            if random.chance(80) { write(server, "A", "192.0.2.\(index)", ttl: 600) }
            if random.chance(40) { write(server, "AAAA", "2001:db8::\(index)", ttl: 600) }
            owners.append(server)
        }
    }

    // MARK: - Names

    private mutating func freshName(random: inout SeededRandom) -> Name {
        var name = random.chance(60) || owners.isEmpty ? apex : random.pick(owners)
        for _ in 0..<random.number(1...3) { name = name.prefixed(with: random.pick(Self.labels)) }
        if isRedirectedAbove(name) { name = apex }
        owners.append(name)
        return name
    }

    private func target(_ known: [Name], _ random: inout SeededRandom) -> String {
        var name = random.pick(known)
        if random.chance(30) { name = name.prefixed(with: random.pick(Self.labels)) }
        if random.chance(5), let outside = try? Name("www.example.net.") { name = outside }
        return "\(name)"
    }

    private func allowsData(_ name: Name) -> Bool {
        switch kinds[name] {
        case .alias?, .redirection?: false
        case nil, .data?, .delegation?: true
        }
    }

    private func isRedirectedAbove(_ name: Name) -> Bool { isBelow(name, .redirection) }
    private func isDelegatedAbove(_ name: Name) -> Bool { isBelow(name, .delegation) }

    private func isBelow(_ name: Name, _ kind: Kind) -> Bool {
        var ancestor = name.parent
        while let above = ancestor {
            if kinds[above] == kind { return true }
            ancestor = above.parent
        }
        return false
    }

    // MARK: - Text

    private var ttls: [String: Int] = [:]

    /// One TTL for the whole RRset: that of its first record.
    private mutating func ttlOf(_ owner: Name, _ type: String, _ ttl: Int) -> Int {
        let key = "\(owner.inLowerCase) \(type)"
        if let before = ttls[key] { return before }
        ttls[key] = ttl
        return ttl
    }

    private mutating func write(_ owner: Name, _ type: String, _ data: String, _ random: inout SeededRandom) {
        write(owner, type, data, ttl: random.pick([0, 5, 300, 86400]))
    }

    private mutating func write(_ owner: Name, _ type: String, _ data: String, ttl: Int) {
        text += "\(owner) \(ttlOf(owner, type, ttl)) IN \(type) \(data)\n"
    }
}
