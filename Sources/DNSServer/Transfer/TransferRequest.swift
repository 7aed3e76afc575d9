import DNS

/// A query for a zone's content, and how replies to it begin.
struct TransferRequest {
    let id: UInt16
    let recursionDesired: Bool
    let question: Question
    /// The serial number that the client has, if it asks for changes since then (RFC 1995 §3).
    let serial: UInt32?
    let hasEDNS: Bool
    /// What the client takes over UDP.
    let datagramLimit: Int

    /// Nil unless the message is a well-formed AXFR or IXFR query.
    init?(_ message: Message) {
        guard message.questions.count == 1, let question = message.questions.first, message.answers.isEmpty else {
            return nil
        }
        id = message.header.id
        recursionDesired = message.header.flags.contains(.recursionDesired)
        self.question = question
        hasEDNS = message.edns != nil
        datagramLimit = message.edns.map { max(512, min(Int($0.payloadSize), maximumDatagramLength)) } ?? 512
        guard question.type == .ixfr else {
            serial = nil
            return
        }
        guard message.authority.count == 1, let soa = message.authority.first, soa.type == .soa,
            soa.owner == question.name, soa.rdata.count >= 22
        else { return nil }
        serial = soa.rdata.suffix(20).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The question as it was asked.
    private var questionOctets: [UInt8] {
        let numbers = [question.type.rawValue, question.recordClass.rawValue]
        return question.name.wire + numbers.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }

    func writer(into message: UnsafeMutableRawPointer, capacity: Int) -> TransferWriter {
        TransferWriter(
            into: message, id: id, recursionDesired: recursionDesired, question: questionOctets, capacity: capacity)
    }

    /// A reply without records; returns its length, OPT not in it.
    func failure(_ code: ResponseCode, into message: UnsafeMutableRawBufferPointer) -> Int {
        guard let base = message.baseAddress else { return 0 }
        var writer = writer(into: base, capacity: message.count)
        let length = writer.finish()
        message[2] &= ~0x04
        message[3] = message[3] & 0xF0 | UInt8(code.rawValue & 0xF)
        return length
    }

    /// Appends OPT, with an extended error if there is one (RFC 8914); returns the message's new length.
    func appendOPT(
        to message: UnsafeMutableRawBufferPointer, length: Int, error: UInt16? = nil
    ) -> Int {
        let size = UInt16(maximumDatagramLength)
        var opt: [UInt8] = [0, 0, 41, UInt8(size >> 8), UInt8(size & 0xFF), 0, 0, 0, 0, 0, 0]
        if let error {
            opt[10] = 6
            opt += [0, 15, 0, 2, UInt8(error >> 8), UInt8(error & 0xFF)]
        }
        guard length + opt.count <= message.count else { return length }
        UnsafeMutableRawBufferPointer(rebasing: message[length...]).copyBytes(from: opt)
        message[11] += 1
        return length + opt.count
    }
}
