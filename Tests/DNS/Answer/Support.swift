import Addresses
import DNS
import Testing

/// Who asks, unless a test says otherwise.
let standardClient = IPAddress.v4(IPv4Address(bits: 0xC633_6401))

/// Zones, answers of dynamic names, and questions put to them without a socket.
struct Authority {
    let snapshot: ZoneSnapshot
    let table: DynamicTable
    let options: StoredOptions

    init(
        _ zones: [Zone], dynamic: [(String, DynamicAnswer?)] = [], options: AnswerOptions = AnswerOptions(),
        rates: RateTable? = nil
    ) throws {
        self.options = StoredOptions(options, rates: rates)
        snapshot = try ZoneSnapshot(zones: zones, dynamicNames: dynamic.map { try Name($0.0) })
        table = DynamicTable(for: snapshot)
        for (slot, (_, answer)) in dynamic.enumerated() {
            if let answer { table.exchange(slot: slot, answer)?.free() }
        }
    }

    /// The reply as octets; nil for silence.
    func reply(
        to query: [UInt8], over transport: QueryTransport = .datagram, room: Int = 65_535,
        from address: IPAddress = standardClient, at nowSeconds: UInt32 = 1_600_000_000, idleLimitTenths: UInt16 = 0
    ) -> [UInt8]? {
        var client = AskingClient(address, over: transport, nowSeconds: nowSeconds)
        client.idleLimitTenths = idleLimitTenths
        var reply = [UInt8](repeating: 0xEE, count: room + 16)
        let length = reply.withUnsafeMutableBytes { space in
            query.withUnsafeBytes { query in
                // An empty array has an address too, which is what a datagram without octets looks like.
                answer(
                    query, for: client, from: AnswerSource(snapshot, table, options),
                    into: UnsafeMutableRawBufferPointer(rebasing: space[..<room]))
            }
        }
        #expect(length <= room)
        #expect(reply[room...].allSatisfy { $0 == 0xEE }, "written behind the buffer")
        withExtendedLifetime((snapshot, table, options)) {}
        return length == 0 ? nil : Array(reply[..<length])
    }

    /// Puts a question such as `www.example.test A` and renders the reply, names relative to `example.test.`.
    func ask(_ question: String, _ options: QueryOptions = QueryOptions()) throws -> [String] {
        guard let reply = reply(to: try query(question, options), over: options.transport) else { return ["silence"] }
        return try ReadReply(reply).lines
    }
}

struct QueryOptions {
    var transport = QueryTransport.datagram
    var recursionDesired = true
    /// The size a client offers; nil for a query without EDNS.
    var payload: UInt16?
    var dnssecOK = false
    var version: UInt8 = 0
    var options: [UInt8] = []
    var `class`: UInt16 = 1

    static let edns = QueryOptions(payload: 1232)
    static let tcp = QueryOptions(transport: .stream)
}

let typeCodes: [(String, UInt16)] = [
    ("A", 1), ("NS", 2), ("CNAME", 5), ("SOA", 6), ("PTR", 12), ("HINFO", 13), ("MX", 15), ("TXT", 16), ("AAAA", 28),
    ("SRV", 33), ("DNAME", 39), ("OPT", 41), ("DS", 43), ("RRSIG", 46), ("TKEY", 249), ("TSIG", 250), ("IXFR", 251),
    ("AXFR", 252), ("MAILB", 253), ("MAILA", 254), ("ANY", 255),
]

/// The octets of a query for `name TYPE`.
func query(_ question: String, _ options: QueryOptions = QueryOptions()) throws -> [UInt8] {
    let words = question.split(separator: " ").map(String.init)
    let type = try #require(typeCodes.first { $0.0 == words[1] }?.1 ?? UInt16(words[1].dropFirst(4)))
    let flags: UInt8 = options.recursionDesired ? 1 : 0
    var message: [UInt8] = [0xAB, 0xCD, flags, 0, 0, 1, 0, 0, 0, 0, 0, options.payload == nil ? 0 : 1]
    message += try Name(words[0]).wire + wire(type) + wire(options.class)
    if let payload = options.payload {
        message += [0] + wire(41) + wire(payload) + [0, options.version, options.dnssecOK ? 0x80 : 0, 0]
        message += wire(UInt16(options.options.count)) + options.options
    }
    return message
}

func wire(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
func wire32(_ number: UInt32) -> [UInt8] { wire(UInt16(number >> 16)) + wire(UInt16(number & 0xFFFF)) }

/// A zone from lines `owner TTL TYPE data…`, names relative to the apex, RRsets gathered.
func zone(_ apex: String, _ text: String) throws -> Zone {
    let origin = try Name(apex)
    var rrsets: [RRset] = []
    for line in text.split(separator: "\n") where !line.allSatisfy({ $0 == " " }) {
        let words = line.split(separator: " ").map(String.init)
        let owner = try Name(words[0], relativeTo: origin)
        let ttl = try #require(UInt32(words[1]))
        let type = try #require(typeCodes.first { $0.0 == words[2] }?.1 ?? UInt16(words[2].dropFirst(4)))
        let rdata = try rdata(type, Array(words[3...]), origin)
        if let index = rrsets.firstIndex(where: { $0.owner == owner && $0.type.rawValue == type }) {
            rrsets[index].rdata.append(rdata)
        } else {
            rrsets.append(
                RRset(owner: owner, type: RRType(rawValue: type), ttlSeconds: ttl, rdata: [rdata]))
        }
    }
    return Zone(apex: origin, rrsets: rrsets)
}

private func rdata(_ type: UInt16, _ words: [String], _ origin: Name) throws -> [UInt8] {
    switch type {
    case 1, 28: return try #require(IPAddress(words[0])).octets
    case 2, 5, 12, 39: return try Name(words[0], relativeTo: origin).wire
    case 6:
        let names = try Name(words[0], relativeTo: origin).wire + Name(words[1], relativeTo: origin).wire
        return try names + words[2...].flatMap { wire32(try #require(UInt32($0))) }
    case 15: return try wire(#require(UInt16(words[0]))) + Name(words[1], relativeTo: origin).wire
    default:
        let text = Array(words.joined(separator: " ").utf8)
        return [UInt8(text.count)] + text
    }
}

/// A reply taken apart by the book, sharing nothing with the code that wrote it.
struct ReadReply {
    struct Record {
        let section: String
        let owner: String
        let type: UInt16
        let `class`: UInt16
        let ttl: UInt32
        let rdata: ArraySlice<UInt8>
        let text: String
    }

    enum Flaw: Error { case cutOff, pointerNotBackwards, badLabel, trailingOctets, nameTooLong }

    let message: [UInt8]
    private(set) var question: String?
    private(set) var records: [Record] = []

    init(_ message: [UInt8]) throws {
        self.message = message
        guard message.count >= 12 else { throw Flaw.cutOff }
        var position = 12
        for _ in 0..<number(4) {
            question = try name(&position)
            position += 4
        }
        for (index, section) in ["an", "ns", "ar"].enumerated() {
            for _ in 0..<number(6 + 2 * index) { records.append(try record(section, &position)) }
        }
        guard position == message.count else { throw Flaw.trailingOctets }
    }

    var code: String {
        let extended = records.first { $0.type == 41 }.map { Int($0.ttl >> 24) << 4 } ?? 0
        let names = [
            "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
        ]
        let code = Int(message[3] & 15) + extended
        return code == 16 ? "BADVERS" : code == 23 ? "BADCOOKIE" : names[code]
    }

    /// The EDNS options in their order: `10 2464c4abcf10c957…`, code and content.
    var options: [String] {
        guard let rdata = records.first(where: { $0.type == 41 })?.rdata else { return [] }
        var options: [String] = []
        var at = rdata.startIndex
        while at + 4 <= rdata.endIndex {
            let content = message[at + 4..<at + 4 + number(at + 2)]
            let digits = content.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            options.append("\(number(at)) \(digits)")
            at += 4 + content.count
        }
        return options
    }

    /// What a person would check: code and flags, then every record.
    var lines: [String] {
        var flags = [code]
        for (octet, bit, flag) in [
            (2, 0x04, "aa"), (2, 0x02, "tc"), (2, 0x01, "rd"), (3, 0x80, "ra"), (3, 0x20, "ad"), (3, 0x10, "cd"),
        ] as [(Int, UInt8, String)] where message[octet] & bit != 0 {
            flags.append(flag)
        }
        return [flags.joined(separator: " ")] + records.map(\.text)
    }

    func number(_ position: Int) -> Int { Int(message[position]) << 8 | Int(message[position + 1]) }

    private func record(_ section: String, _ position: inout Int) throws -> Record {
        let owner = try name(&position)
        guard position + 10 <= message.count else { throw Flaw.cutOff }
        let type = UInt16(number(position))
        let ttl = UInt32(number(position + 4)) << 16 | UInt32(number(position + 6))
        let end = position + 10 + number(position + 8)
        guard end <= message.count else { throw Flaw.cutOff }
        let rdata = message[position + 10..<end]
        var at = position + 10
        let text = try render(type, rdata, &at)
        defer { position = end }
        let typeName = typeCodes.first { $0.1 == type }?.0 ?? "TYPE\(type)"
        let line =
            type == 41
            ? "\(section) OPT size \(number(position + 2))\(ttl & 0x8000 != 0 ? " do" : "")\(text)"
            : "\(section) \(owner) \(ttl) \(typeName) \(text)"
        return Record(
            section: section, owner: owner, type: type, class: UInt16(number(position + 2)), ttl: ttl, rdata: rdata,
            text: line)
    }

    private func render(_ type: UInt16, _ rdata: ArraySlice<UInt8>, _ at: inout Int) throws -> String {
        switch type {
        case 1:
            guard rdata.count == 4 else { throw Flaw.cutOff }
            return rdata.map(String.init).joined(separator: ".")
        case 28:
            guard rdata.count == 16 else { throw Flaw.cutOff }
            return IPv6Address(bits: rdata.reduce(0) { $0 << 8 | UInt128($1) }).description
        case 2, 5, 12, 39: return try name(&at)
        case 6:
            let names = try name(&at) + " " + name(&at)
            return names
                + stride(from: at, to: rdata.endIndex, by: 4)
                .map { " \(number($0) << 16 | number($0 + 2))" }.joined()
        case 15:
            at += 2
            return try "\(number(at - 2)) \(name(&at))"
        case 41:
            var text = ""
            while at + 4 <= rdata.endIndex {
                let length = number(at + 2)
                let body = message[at + 4..<at + 4 + length]
                let words = String(decoding: body.dropFirst(2), as: UTF8.self)
                text += number(at) == 15 ? " ede \(number(at + 4)) \(words)" : " option \(number(at))"
                at += 4 + length
            }
            return text
        default: return String(decoding: rdata.dropFirst(), as: UTF8.self)
        }
    }

    /// Reads a name, relative to `example.test.`; pointers must go backwards (RFC 1035 §4.1.4).
    private func name(_ position: inout Int) throws -> String {
        var wire: [UInt8] = []
        var at = position
        var end: Int?
        while true {
            guard at < message.count else { throw Flaw.cutOff }
            let label = Int(message[at])
            if label >= 0xC0 {
                guard at + 1 < message.count else { throw Flaw.cutOff }
                let target = number(at) & 0x3FFF
                guard target < at, target >= 12 else { throw Flaw.pointerNotBackwards }
                end = end ?? at + 2
                at = target
                continue
            }
            guard label <= 63 else { throw Flaw.badLabel }
            guard at + label < message.count else { throw Flaw.cutOff }
            wire += message[at...at + label]
            guard wire.count <= 255 else { throw Flaw.nameTooLong }
            at += 1 + label
            if label == 0 { break }
        }
        position = end ?? at
        let text = Name(validWire: wire).description
        if text.lowercased() == "example.test." { return "@" }
        return text.hasSuffix(".example.test.") ? String(text.dropLast(".example.test.".count)) : text
    }
}
