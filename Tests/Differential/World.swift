import DNS
import TestSupport

/// A handful of zones and what is asked about them, all made from one seed.
///
/// The names come from few labels, so that records meet: cuts beside wildcards, aliases in circles, names that a
/// cut or another zone hides. What no server would load is left out: data beside a CNAME or below a DNAME.
struct World {
    struct ZoneText {
        let apex: Name
        let text: String
    }

    struct Query: CustomStringConvertible {
        let name: Name
        let type: RRType
        /// The name's letters in another case.
        let hasMixedCase: Bool
        let edns: EDNS?
        let flags: Header.Flags

        var description: String {
            let options = edns.map { "+bufsize=\($0.payloadSize)\($0.wantsDNSSEC ? " +dnssec" : "")" } ?? "+noedns"
            return "\(name) \(type) \(options)"
        }
    }

    let seed: UInt64
    private(set) var zones: [ZoneText] = []
    /// The zones as we read them.
    private(set) var contents: [Zone] = []
    /// Every record of every zone, as `Reply` writes them.
    private(set) var records: Set<String> = []
    private(set) var queries: [Query] = []
    private var random: SeededRandom
    private var apexes: [Name] = []
    /// Every owner of every zone, to be pointed to and asked for.
    private var names: [Name] = []

    init(seed: UInt64, queries count: Int) throws {
        self.seed = seed
        random = SeededRandom(seed: seed)
        apexes = pickApexes()
        names = apexes
        for apex in apexes {
            let below = apexes.filter { $0 != apex && $0.isAtOrBelow(apex) }
            var zone = WorldZone(apex: apex, others: below, isAlone: apexes.count == 1)
            zone.fill(known: names, random: &random)
            names += zone.owners
            zones.append(ZoneText(apex: apex, text: zone.text))
            contents.append(try ZoneFile.parse(zone.text, file: "\(apex)zone", origin: apex).get())
        }
        for record in contents.flatMap(\.rrsets).flatMap(\.records) {
            records.insert(
                Reply.line(
                    MessageRecord(
                        owner: record.owner, type: record.type, ttlSeconds: record.ttlSeconds, rdata: record.rdata)))
        }
        for _ in 0..<count { queries.append(query()) }
    }

    private mutating func pickApexes() -> [Name] {
        let candidates = [
            "test.", "example.test.", "sub.example.test.", "a.b.sub.example.test.", "other.test.", "example.org.",
            "2.0.192.in-addr.arpa.", #"dot\.ted.example.org."#, "b.example.test.",
            longApex + ".org.",
        ]
        var chosen = candidates.filter { _ in random.chance(50) }
        if random.chance(20) { chosen.append(".") }
        if random.chance(10) { chosen = [random.pick(candidates)] }
        if chosen.isEmpty { chosen = ["example.test."] }
        return chosen.compactMap { try? Name($0) }
    }

    // MARK: - What is asked

    private mutating func query() -> Query {
        var edns: EDNS?
        if random.chance(70) {
            edns = EDNS(payloadSize: UInt16(random.pick([512, 1232, 4096])), wantsDNSSEC: random.chance(40))
        }
        var flags: Header.Flags = []
        if random.chance(50) { flags.insert(.recursionDesired) }
        if random.chance(10) { flags.insert(.checkingDisabled) }
        let mixed = random.chance(30)
        let name = askedName()
        return Query(
            name: mixed ? Name(validWire: scrambled(name.wire)) : name, type: askedType(), hasMixedCase: mixed,
            edns: edns, flags: flags)
    }

    private mutating func askedType() -> RRType {
        if random.chance(60) { return random.pick([.a, .aaaa, .ns, .cname, .ds, .dname, .any, .soa, .txt, .mx]) }
        return RRType(random.pick(RecordSamples.all).type) ?? .a
    }

    private mutating func askedName() -> Name {
        var name = random.pick(names)
        switch random.number(0...9) {
        case 0: if let parent = name.parent { name = parent }
        case 1...3:
            for _ in 0..<random.number(1...3) { name = name.prefixed(with: random.pick(WorldZone.labels)) }
        case 4:
            // As long as a name may be: below a DNAME it may not fit any more.
            let label = String(repeating: "l", count: 63)
            while name.wire.count + 64 <= Name.maximumLength { name = name.prefixed(with: label) }
            name = name.prefixed(with: String(repeating: "m", count: max(1, 254 - name.wire.count)))
        case 5: name = (try? Name(random.pick(["nowhere.example.", "org.", "com.", "x.y.z.", "."]))) ?? name
        default: break
        }
        return name
    }

    private mutating func scrambled(_ wire: [UInt8]) -> [UInt8] {
        wire.map { byte in
            let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A && byte >= 0x41
            return isLetter && random.chance(50) ? byte ^ 0x20 : byte
        }
    }
}

private let longApex = (1...3).map { String(repeating: "long\($0)", count: 10) }.joined(separator: ".")

extension Name {
    /// The name with the label in front if it fits, otherwise unchanged.
    func prefixed(with label: String) -> Name { (try? prepending(Array(label.utf8))) ?? self }
}
