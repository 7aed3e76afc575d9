/// A DNS message (RFC 1035 §4), its names and data expanded.
///
/// This is the client's view; the server answers from flat memory without it.
package struct Message: Hashable, Sendable {
    package var header: Header
    /// One in practice (RFC 9619); an answer may lack it.
    package var questions: [Question]
    package var answers: [MessageRecord]
    package var authority: [MessageRecord]
    /// Without the OPT record, which is in `edns`.
    package var additional: [MessageRecord]
    package var edns: EDNS?

    package init(
        header: Header, questions: [Question] = [], answers: [MessageRecord] = [], authority: [MessageRecord] = [],
        additional: [MessageRecord] = [], edns: EDNS? = nil
    ) {
        self.header = header
        self.questions = questions
        self.answers = answers
        self.authority = authority
        self.additional = additional
        self.edns = edns
    }
}

/// The header without the counts (RFC 1035 §4.1.1).
package struct Header: Hashable, Sendable {
    package var id: UInt16
    package var flags: Flags
    /// 0 is a query, 4 NOTIFY, 5 UPDATE.
    package var opcode: UInt8
    /// The lower four bits; see `Message.rcode` for the whole.
    package var lowRcode: UInt8

    package init(id: UInt16, flags: Flags = [], opcode: UInt8 = 0, lowRcode: UInt8 = 0) {
        self.id = id
        self.flags = flags
        self.opcode = opcode
        self.lowRcode = lowRcode
    }

    /// The bits of the second 16 of the header, where they stand there.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        /// QR: it is an answer.
        package static let response = Flags(rawValue: 0x8000)
        /// AA
        package static let authoritative = Flags(rawValue: 0x0400)
        /// TC
        package static let truncated = Flags(rawValue: 0x0200)
        /// RD
        package static let recursionDesired = Flags(rawValue: 0x0100)
        /// RA
        package static let recursionAvailable = Flags(rawValue: 0x0080)
        /// AD (RFC 4035 §3.2.3)
        package static let authenticData = Flags(rawValue: 0x0020)
        /// CD (RFC 4035 §3.2.2)
        package static let checkingDisabled = Flags(rawValue: 0x0010)

        static let all: Flags = [
            .response, .authoritative, .truncated, .recursionDesired, .recursionAvailable, .authenticData,
            .checkingDisabled,
        ]
    }
}

/// What is asked (RFC 1035 §4.1.2).
package struct Question: Hashable, Sendable {
    package var name: Name
    package var type: RRType
    package var recordClass: RecordClass

    package init(name: Name, type: RRType, recordClass: RecordClass = .in) {
        self.name = name
        self.type = type
        self.recordClass = recordClass
    }
}

/// A record's class (RFC 1035 §3.2.4).
package struct RecordClass: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let `in` = RecordClass(rawValue: 1)
    package static let chaos = RecordClass(rawValue: 3)
    package static let none = RecordClass(rawValue: 254)
    package static let any = RecordClass(rawValue: 255)
}

extension RecordClass: CustomStringConvertible {
    package var description: String {
        switch self {
        case .in: "IN"
        case .chaos: "CH"
        case .none: "NONE"
        case .any: "ANY"
        default: "CLASS\(rawValue)"
        }
    }
}

/// A record of a message.
package struct MessageRecord: Hashable, Sendable {
    package var owner: Name
    package var type: RRType
    package var recordClass: RecordClass
    /// Seconds as received, above 2^31-1 taken for 0 (RFC 2181 §8).
    package var ttlSeconds: UInt32
    /// Names of the known types expanded, the rest as received.
    package var rdata: [UInt8]

    package init(
        owner: Name, type: RRType, recordClass: RecordClass = .in, ttlSeconds: UInt32, rdata: [UInt8]
    ) {
        self.owner = owner
        self.type = type
        self.recordClass = recordClass
        self.ttlSeconds = ttlSeconds
        self.rdata = rdata
    }
}

extension MessageRecord: CustomStringConvertible {
    /// As `dig` would print it.
    package var description: String { "\(owner) \(ttlSeconds) \(recordClass) \(type) \(RData.text(type, rdata))" }
}

/// The OPT pseudo-record (RFC 6891 §6.1).
package struct EDNS: Hashable, Sendable {
    /// The largest UDP payload its sender takes.
    package var payloadSize: UInt16
    /// The upper eight bits of the rcode.
    package var highRcode: UInt8
    package var version: UInt8
    /// DO (RFC 3225 §3).
    package var wantsDNSSEC: Bool
    package var options: [Option]

    package init(
        payloadSize: UInt16 = 1232, highRcode: UInt8 = 0, version: UInt8 = 0, wantsDNSSEC: Bool = false,
        options: [Option] = []
    ) {
        self.payloadSize = payloadSize
        self.highRcode = highRcode
        self.version = version
        self.wantsDNSSEC = wantsDNSSEC
        self.options = options
    }

    package struct Option: Hashable, Sendable {
        package var code: UInt16
        package var octets: [UInt8]

        package init(code: UInt16, octets: [UInt8]) {
            self.code = code
            self.octets = octets
        }
    }
}

/// A response code (RFC 1035 §4.1.1, RFC 6895 §2.3).
package struct ResponseCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let noError = ResponseCode(rawValue: 0)
    package static let formErr = ResponseCode(rawValue: 1)
    package static let servFail = ResponseCode(rawValue: 2)
    package static let nxDomain = ResponseCode(rawValue: 3)
    package static let notImp = ResponseCode(rawValue: 4)
    package static let refused = ResponseCode(rawValue: 5)
    /// A DNAME would make a name longer than 255 octets (RFC 6672 §2.2).
    package static let yxDomain = ResponseCode(rawValue: 6)
    /// An RRset exists that should not (RFC 2136 §2.2).
    package static let yxRRSet = ResponseCode(rawValue: 7)
    /// An RRset that should exist does not (RFC 2136 §2.2).
    package static let nxRRSet = ResponseCode(rawValue: 8)
    package static let notAuth = ResponseCode(rawValue: 9)
    package static let notZone = ResponseCode(rawValue: 10)
    package static let badVers = ResponseCode(rawValue: 16)
    package static let badCookie = ResponseCode(rawValue: 23)
}

extension ResponseCode: CustomStringConvertible {
    /// Its mnemonic, `RCODEnnn` for one without.
    package var description: String {
        switch self {
        case .noError: "NOERROR"
        case .formErr: "FORMERR"
        case .servFail: "SERVFAIL"
        case .nxDomain: "NXDOMAIN"
        case .notImp: "NOTIMP"
        case .refused: "REFUSED"
        case .yxDomain: "YXDOMAIN"
        case .yxRRSet: "YXRRSET"
        case .nxRRSet: "NXRRSET"
        case .notAuth: "NOTAUTH"
        case .notZone: "NOTZONE"
        case .badVers: "BADVERS"
        case .badCookie: "BADCOOKIE"
        default: "RCODE\(rawValue)"
        }
    }
}

extension Message {
    /// The whole response code, EDNS's upper bits included.
    package var rcode: ResponseCode {
        ResponseCode(rawValue: UInt16(edns?.highRcode ?? 0) << 4 | UInt16(header.lowRcode))
    }

    /// UPDATE (RFC 2136 §1.3).
    package static let updateOpcode: UInt8 = 5

    /// A query for one name (RFC 1035 §4.1) with EDNS.
    package static func query(
        _ name: Name, _ type: RRType, recordClass: RecordClass = .in, id: UInt16, recursionDesired: Bool,
        edns: EDNS? = EDNS()
    ) -> Message {
        Message(
            header: Header(id: id, flags: recursionDesired ? .recursionDesired : []),
            questions: [Question(name: name, type: type, recordClass: recordClass)], edns: edns)
    }

    /// Whether it is the answer to `query`: the same id, opcode and question. An answer that reports an error, or
    /// is one to an update (RFC 2136 §3.8), may lack the question.
    package func answers(_ query: Message) -> Bool {
        guard header.flags.contains(.response), header.id == query.header.id, header.opcode == query.header.opcode
        else { return false }
        return questions == query.questions
            || questions.isEmpty && (rcode != .noError || header.opcode == Message.updateOpcode)
    }
}
