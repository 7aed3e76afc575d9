import Crypto

/// What an answer must be to count as ok.
struct HTTPExpectation: Sendable {
    /// Nil: any status will do, as conditions judge it.
    var statuses: StatusSet? = StatusSet.ok
    var mustHave: TextSearch?
    var mustNotHave: TextSearch?
    var followsRedirects = false
    /// What else must hold, once everything is known.
    var conditions: Condition?
    /// The SHA-256 of the page is wanted.
    var digests = false
    /// The page itself is wanted.
    var wantsBody = false

    /// Bytes of body that are read, transfer coding removed; what comes behind is cut off.
    static let longestBody = 65536
    /// The same for a page whose SHA-256 is wanted, which must be seen whole.
    static let longestDigestedBody = 64 << 20

    var readsBody: Bool {
        mustHave != nil || mustNotHave != nil || digests || wantsBody
            || conditions?.subjects.contains { $0.needsBody } == true
    }
    var keepsBody: Bool { wantsBody || conditions?.subjects.contains { $0.needsBody } == true }
    var keepsFields: Bool {
        conditions?.subjects.contains { if case .header = $0 { true } else { false } } == true
    }
    /// Whether a verdict can be given only when the time and everything else is known.
    var needsAnswer: Bool { conditions != nil || digests || wantsBody }
    var longestBody: Int { digests ? Self.longestDigestedBody : Self.longestBody }
}

/// What one exchange of HTTP leads to.
enum HTTPFinding: Sendable {
    case verdict(Verdict)
    /// A redirect that is to be followed.
    case redirect(to: String, status: Int)
    /// So far so good; the rest is judged with what is in the answer.
    case answer(HTTPAnswer)
}

/// A whole answer, as far as it is kept.
struct HTTPAnswer: Sendable {
    var head: ResponseHead
    var body: [UInt8]
    var isCut: Bool
    /// SHA-256, if it was wanted and the page was not cut.
    var digest: [UInt8]?
    var bytes: Int
    var session: TLSSession?
    /// What has been found well already: `status 200, "status=OK" found`.
    var found: String
}

/// Judges an answer while it arrives, in whichever version of HTTP.
struct AnswerJudge: Sendable {
    private let expectation: HTTPExpectation
    private var mustHave: TextSearch?
    private var mustNotHave: TextSearch?
    private var digest: SHA256?
    private var kept: [UInt8] = []
    private(set) var head: ResponseHead?
    private(set) var bodyBytes = 0
    var session: TLSSession?

    init(_ expectation: HTTPExpectation) {
        self.expectation = expectation
        mustHave = expectation.mustHave
        mustNotHave = expectation.mustNotHave
        digest = expectation.digests ? SHA256() : nil
    }

    /// The status decides at once where it can.
    mutating func judge(_ head: ResponseHead) -> HTTPFinding? {
        if (100...199).contains(head.status), head.status != 101 { return nil }
        self.head = head
        if expectation.followsRedirects, [301, 302, 303, 307, 308].contains(head.status), let location = head.location {
            return .redirect(to: location, status: head.status)
        }
        if let statuses = expectation.statuses, !statuses.contains(head.status) {
            let target = head.location.map { " (it redirects to \(printable($0.utf8, limit: 100)))" } ?? ""
            return .verdict(.err("status \(head.status), expected \(statuses)\(target)"))
        }
        return expectation.readsBody ? nil : conclude(isCut: false)
    }

    mutating func take(_ part: UnsafeRawBufferPointer) -> HTTPFinding? {
        let room = expectation.longestBody - bodyBytes
        let counted = UnsafeRawBufferPointer(rebasing: part.prefix(room))
        mustHave?.feed(counted)
        mustNotHave?.feed(counted)
        digest?.update(bufferPointer: counted)
        if expectation.keepsBody { kept.append(contentsOf: counted) }
        bodyBytes += counted.count
        if mustNotHave?.isFound == true || part.count > room { return conclude(isCut: part.count > room) }
        return nil
    }

    /// The answer is over, or so much of it as counts.
    func conclude(isCut: Bool) -> HTTPFinding {
        let place = isCut ? "the first \(inWords(bytes: bodyBytes)), the rest was cut off" : inWords(bytes: bodyBytes)
        let coding = head?.contentEncoding.map { " (they are \($0)-coded, though that was not asked for)" } ?? ""
        if let unwanted = mustNotHave, unwanted.isFound {
            return .verdict(.err("text \(unwanted) found, it must not be there"))
        }
        if let wanted = mustHave, !wanted.isFound {
            return .verdict(.err("text \(wanted) not found in \(place)\(coding)"))
        }
        let told = [
            head.map { "status \($0.status)" }, mustHave.map { "\($0) found" },
            mustNotHave.map { "\($0) not found in \(place)\(coding)" },
        ]
        let found = told.compactMap { $0 }.joined(separator: ", ")
        guard expectation.needsAnswer, let head else { return .verdict(.ok(found)) }
        return .answer(
            HTTPAnswer(
                head: head, body: kept, isCut: isCut, digest: isCut ? nil : digest.map { Array($0.finalize()) },
                bytes: bodyBytes, session: session, found: found))
    }

    /// `12 of 345 bytes`, or `12 bytes` where the whole is not known.
    var progress: String {
        guard let whole = head?.contentLength, head?.isChunked == false else { return inWords(bytes: bodyBytes) }
        return "\(grouped(bodyBytes)) of \(inWords(bytes: whole))"
    }
}
