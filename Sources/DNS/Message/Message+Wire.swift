/// Why octets are not a DNS message.
package enum MessageError: Error, Hashable, Sendable {
    /// They end before the message does.
    case truncated
    /// A label's length octet has bits that mean nothing (RFC 1035 §4.1.4).
    case badLabel(at: Int)
    /// A compression pointer that does not point to an earlier place.
    case badPointer(at: Int)
    /// A name of more than 255 octets.
    case nameTooLong(at: Int)
    /// A record of a known type whose data is not of that type.
    case badData(RRType, at: Int)
    /// More than one OPT record, or one with an owner or outside the additional section (RFC 6891 §6.1.1).
    case badEDNS
    /// Octets after the last record.
    case surplus(octets: Int)
}

extension MessageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated: "the message ends early"
        case .badLabel(let offset): "there is no label at offset \(offset)"
        case .badPointer(let offset): "the compression pointer at offset \(offset) does not point backwards"
        case .nameTooLong(let offset): "the name at offset \(offset) is longer than 255 octets"
        case .badData(let type, let offset): "the \(type) data at offset \(offset) is malformed"
        case .badEDNS: "the OPT record is malformed"
        case .surplus(let octets): "\(octets) octets follow the message"
        }
    }
}

extension Message {
    /// Reads a whole message. It takes time in proportion to its length, whatever it holds.
    package init(wire: [UInt8]) throws(MessageError) {
        var reader = MessageReader(wire: wire)
        let id = try reader.number16()
        let bits = try reader.number16()
        header = Header(
            id: id, flags: Header.Flags(rawValue: bits).intersection(.all), opcode: UInt8(bits >> 11 & 15),
            lowRcode: UInt8(bits & 15))
        var counts: [UInt16] = []
        for _ in 0..<4 { counts.append(try reader.number16()) }
        questions = []
        for _ in 0..<counts[0] {
            questions.append(
                Question(
                    name: try reader.name(), type: RRType(rawValue: try reader.number16()),
                    recordClass: RecordClass(rawValue: try reader.number16())))
        }
        var opt: MessageRecord?
        answers = try reader.records(counts[1], opt: &opt)
        authority = try reader.records(counts[2], opt: &opt)
        guard opt == nil else { throw .badEDNS }
        additional = try reader.records(counts[3], opt: &opt)
        guard reader.remaining == 0 else { throw .surplus(octets: reader.remaining) }
        if let opt { edns = try EDNS(record: opt) }
    }

    /// The message in wire form; names are written whole, not compressed. Sections of more than 65535 records
    /// are our own bug.
    package var wire: [UInt8] {
        var octets: [UInt8] = []
        appendBigEndian(header.id, to: &octets)
        appendBigEndian(
            header.flags.rawValue | UInt16(header.opcode & 15) << 11 | UInt16(header.lowRcode & 15), to: &octets)
        let counts = [questions.count, answers.count, authority.count, additional.count + (edns == nil ? 0 : 1)]
        for count in counts { appendBigEndian(UInt16(count), to: &octets) }
        for question in questions {
            octets += question.name.wire
            appendBigEndian(question.type.rawValue, to: &octets)
            appendBigEndian(question.recordClass.rawValue, to: &octets)
        }
        for record in answers + authority + additional { record.append(to: &octets) }
        edns?.record.append(to: &octets)
        return octets
    }
}

extension MessageRecord {
    fileprivate func append(to octets: inout [UInt8]) {
        octets += owner.wire
        appendBigEndian(type.rawValue, to: &octets)
        appendBigEndian(recordClass.rawValue, to: &octets)
        appendBigEndian(ttlSeconds, to: &octets)
        appendBigEndian(UInt16(rdata.count), to: &octets)
        octets += rdata
    }
}

extension EDNS {
    /// The OPT record whose class and TTL hold its fields (RFC 6891 §6.1.2).
    fileprivate var record: MessageRecord {
        var rdata: [UInt8] = []
        for option in options {
            appendBigEndian(option.code, to: &rdata)
            appendBigEndian(UInt16(option.octets.count), to: &rdata)
            rdata += option.octets
        }
        return MessageRecord(
            owner: .root, type: .opt, recordClass: RecordClass(rawValue: payloadSize),
            ttlSeconds: UInt32(highRcode) << 24 | UInt32(version) << 16 | (wantsDNSSEC ? 0x8000 : 0), rdata: rdata)
    }

    fileprivate init(record: MessageRecord) throws(MessageError) {
        guard record.owner.isRoot else { throw .badEDNS }
        payloadSize = record.recordClass.rawValue
        highRcode = UInt8(record.ttlSeconds >> 24)
        version = UInt8(record.ttlSeconds >> 16 & 0xFF)
        wantsDNSSEC = record.ttlSeconds & 0x8000 != 0
        options = []
        var rest = record.rdata[...]
        while !rest.isEmpty {
            guard rest.count >= 4 else { throw .badEDNS }
            let fields = Array(rest.prefix(4)).map(UInt16.init)
            let length = Int(fields[2] << 8 | fields[3])
            rest = rest.dropFirst(4)
            guard rest.count >= length else { throw .badEDNS }
            options.append(Option(code: fields[0] << 8 | fields[1], octets: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
    }
}
