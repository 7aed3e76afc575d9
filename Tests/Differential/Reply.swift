import DNS

/// What a reply says, without the order of records, their owners' case and how names were compressed.
struct Reply {
    let message: Message
    let octetCount: Int
    let answer: [String]
    let authority: [String]
    let additional: [String]

    init(_ octets: [UInt8]) throws {
        message = try Message(wire: octets)
        octetCount = octets.count
        answer = message.answers.map(Self.line).sorted()
        authority = message.authority.map(Self.line).sorted()
        additional = message.additional.map(Self.line).sorted()
    }

    var isTruncated: Bool { message.header.flags.contains(.truncated) }
    var isAuthoritative: Bool { message.header.flags.contains(.authoritative) }
    /// No answer, not authoritative, name servers of somebody else.
    var isReferral: Bool {
        message.rcode == .noError && answer.isEmpty && !isAuthoritative && authority.contains { $0.contains(" NS ") }
    }

    /// One record as text: owner in lower case, data in canonical form.
    static func line(_ record: MessageRecord) -> String {
        let data = RData.text(record.type, RData.canonical(record.type, record.rdata))
        return "\(record.owner.inLowerCase) \(record.ttlSeconds) \(record.recordClass) \(record.type) \(data)"
    }
}

extension Reply: CustomStringConvertible {
    var description: String {
        let flags = [
            (Header.Flags.authoritative, "aa"), (.truncated, "tc"), (.recursionDesired, "rd"),
            (.recursionAvailable, "ra"), (.authenticData, "ad"), (.checkingDisabled, "cd"),
        ]
        .filter { message.header.flags.contains($0.0) }.map { $0.1 }.joined(separator: " ")
        let edns = message.edns.map { "edns\($0.wantsDNSSEC ? " do" : "")" } ?? "no edns"
        let sections = [("answer", answer), ("authority", authority), ("additional", additional)]
            .map { name, lines in "    \(name):\n" + lines.map { "      \($0)\n" }.joined() }
        return "\(message.rcode) [\(flags)] \(edns)\n" + sections.joined()
    }
}
