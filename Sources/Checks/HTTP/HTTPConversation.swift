import NIOCore

/// What an answer must be to count as ok.
struct HTTPExpectation: Sendable {
    var statuses = StatusSet.ok
    var mustHave: TextSearch?
    var mustNotHave: TextSearch?
    var followsRedirects = false

    var readsBody: Bool { mustHave != nil || mustNotHave != nil }
}

/// One request and the reading of its answer.
struct HTTPConversation: Conversation {
    enum Finding: Hashable, Sendable {
        case verdict(Verdict)
        /// A redirect that is to be followed.
        case redirect(to: String, status: Int)
    }

    /// Bytes of body that are read, transfer coding removed; what comes behind is cut off.
    static let longestBody = 65536

    private let request: ByteBuffer
    private let statuses: StatusSet
    private let followsRedirects: Bool
    private let readsBody: Bool
    private var mustHave: TextSearch?
    private var mustNotHave: TextSearch?
    private var scanner: ResponseScanner
    private var head: ResponseHead?
    private var bodyBytes = 0

    init(_ request: ByteBuffer, method: HTTPMethod, expecting expectation: HTTPExpectation) {
        self.request = request
        statuses = expectation.statuses
        followsRedirects = expectation.followsRedirects
        readsBody = expectation.readsBody
        mustHave = expectation.mustHave
        mustNotHave = expectation.mustNotHave
        scanner = ResponseScanner(requestIsHead: method == .head)
    }

    func opened() -> Move<Finding> { .send(request) }

    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Move<Finding> {
        var piece = bytes
        do throws(ResponseFault) {
            while let event = try scanner.next(&piece) {
                let finding: Finding? =
                    switch event {
                    case .head(let head): judge(head)
                    case .body(let part): search(part)
                    case .end: judgeBody(isCut: false)
                    }
                if let finding { return .finish(finding) }
            }
            return .listen
        } catch {
            return .finish(.verdict(.err(error.words)))
        }
    }

    func ended(_ ending: Ending) -> Finding {
        if ending == .closed, scanner.mayEndHere { return judgeBody(isCut: false) }
        return .verdict(.err(ending.words(whileDoing)))
    }

    var waiting: String {
        if !scanner.hasBegun { return "waiting for the first byte" }
        return scanner.isInHead ? "while reading the headers" : "while reading the body (\(progress))"
    }

    private var whileDoing: String {
        if !scanner.hasBegun { return "before answering" }
        return scanner.isInHead ? "in the middle of the headers" : "in the middle of the body (\(progress))"
    }

    /// `12 of 345 bytes`, or `12 bytes` where the whole is not known.
    private var progress: String {
        guard let whole = head?.contentLength, head?.isChunked == false else { return inWords(bytes: bodyBytes) }
        return "\(grouped(bodyBytes)) of \(inWords(bytes: whole))"
    }

    /// The status decides at once where it can.
    private mutating func judge(_ head: ResponseHead) -> Finding? {
        if (100...199).contains(head.status), head.status != 101 { return nil }
        self.head = head
        if followsRedirects, [301, 302, 303, 307, 308].contains(head.status), let location = head.location {
            return .redirect(to: location, status: head.status)
        }
        guard statuses.contains(head.status) else {
            let target = head.location.map { " (it redirects to \(printable($0.utf8, limit: 100)))" } ?? ""
            return .verdict(.err("status \(head.status), expected \(statuses)\(target)"))
        }
        return readsBody ? nil : .verdict(.ok("status \(head.status)"))
    }

    private mutating func search(_ part: UnsafeRawBufferPointer) -> Finding? {
        let room = Self.longestBody - bodyBytes
        let counted = UnsafeRawBufferPointer(rebasing: part.prefix(room))
        mustHave?.feed(counted)
        mustNotHave?.feed(counted)
        bodyBytes += counted.count
        if mustNotHave?.isFound == true || part.count > room { return judgeBody(isCut: part.count > room) }
        return nil
    }

    private func judgeBody(isCut: Bool) -> Finding {
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
        return .verdict(.ok(told.compactMap { $0 }.joined(separator: ", ")))
    }
}
