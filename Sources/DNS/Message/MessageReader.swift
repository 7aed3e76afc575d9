/// A cursor over the octets of a message, which may be anything at all.
struct MessageReader {
    private let wire: [UInt8]
    private var position = 0

    init(wire: [UInt8]) { self.wire = wire }

    var remaining: Int { wire.count - position }

    mutating func number16() throws(MessageError) -> UInt16 {
        guard remaining >= 2 else { throw .truncated }
        position += 2
        return UInt16(wire[position - 2]) << 8 | UInt16(wire[position - 1])
    }

    mutating func number32() throws(MessageError) -> UInt32 {
        UInt32(try number16()) << 16 | UInt32(try number16())
    }

    /// The next `count` octets as they are.
    mutating func octets(_ count: Int) throws(MessageError) -> ArraySlice<UInt8> {
        guard remaining >= count else { throw .truncated }
        position += count
        return wire[(position - count)..<position]
    }

    /// A name, which may be compressed.
    mutating func name() throws(MessageError) -> Name {
        var octets: [UInt8] = []
        position = try appendName(at: position, limit: wire.count, to: &octets)
        return Name(validWire: octets)
    }

    /// The records of a section; an OPT record goes to `opt` instead.
    mutating func records(_ count: UInt16, opt: inout MessageRecord?) throws(MessageError) -> [MessageRecord] {
        var records: [MessageRecord] = []
        for _ in 0..<count {
            let record = try record()
            if record.type == .opt {
                guard opt == nil else { throw .badEDNS }
                opt = record
            } else {
                records.append(record)
            }
        }
        return records
    }

    private mutating func record() throws(MessageError) -> MessageRecord {
        let owner = try name()
        let type = RRType(rawValue: try number16())
        let recordClass = RecordClass(rawValue: try number16())
        let ttl = try number32()
        let length = Int(try number16())
        guard remaining >= length else { throw .truncated }
        let rdata = try data(of: type, isEmptyAllowed: recordClass != .in, length: length)
        position += length
        return MessageRecord(
            owner: owner, type: type, recordClass: recordClass,
            ttlSeconds: type == .opt || ttl <= TTL.maximum.seconds ? ttl : 0, rdata: rdata)
    }

    /// The data at the cursor, names expanded where the type is known to have them (RFC 3597 §4).
    private func data(of type: RRType, isEmptyAllowed: Bool, length: Int) throws(MessageError) -> [UInt8] {
        let end = position + length
        guard let fields = recordFormats[type] else { return Array(wire[position..<end]) }
        if length == 0, isEmptyAllowed { return [] }  // as in the prerequisites of RFC 2136
        var octets: [UInt8] = []
        var index = position
        for field in fields {
            if field.form == .name {
                index = try appendName(at: index, limit: end, to: &octets)
            } else {
                guard let next = RData.endOfField(field.form, in: wire[position..<end], from: index), next <= end
                else { throw .badData(type, at: position) }
                octets += wire[index..<next]
                index = next
            }
        }
        guard index == end, RData.isValid(type: type, wire: octets[...]) else { throw .badData(type, at: position) }
        return octets
    }

    /// A name has at most 127 labels, so an honest one needs no more pointers; more would cost time for nothing.
    private static let maximumPointers = 127

    /// Appends the name at `start` and returns where it ends. Every pointer must point before the labels that
    /// led to it, so that the walk ends.
    private func appendName(at start: Int, limit: Int, to octets: inout [UInt8]) throws(MessageError) -> Int {
        let first = octets.count
        var index = start
        var limit = limit
        var earliest = start
        var pointers = 0
        var end: Int?
        while true {
            guard index < limit else { throw .truncated }
            let length = Int(wire[index])
            switch length {
            case 0:
                octets.append(0)
                return end ?? index + 1
            case 1...Name.maximumLabelLength:
                guard index + length < limit else { throw .truncated }
                octets += wire[index...(index + length)]
                guard octets.count - first < Name.maximumLength else { throw .nameTooLong(at: start) }
                index += length + 1
            case 0xC0...0xFF:
                guard index + 1 < limit else { throw .truncated }
                let target = (length & 0x3F) << 8 | Int(wire[index + 1])
                pointers += 1
                guard target < earliest, pointers <= Self.maximumPointers else { throw .badPointer(at: index) }
                end = end ?? index + 2
                earliest = target
                index = target
                limit = wire.count
            default: throw .badLabel(at: index)
            }
        }
    }
}
