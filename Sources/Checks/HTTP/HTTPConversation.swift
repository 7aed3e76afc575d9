import NIOCore

/// One request in HTTP/1.1 and the reading of its answer.
struct HTTPConversation: Conversation {
    private let request: ByteBuffer
    private var judge: AnswerJudge
    private var scanner: ResponseScanner

    init(_ request: ByteBuffer, method: HTTPMethod, expecting expectation: HTTPExpectation) {
        self.request = request
        judge = AnswerJudge(expectation)
        scanner = ResponseScanner(requestIsHead: method == .head, keepsFields: expectation.keepsFields)
    }

    func opened() -> Move<HTTPFinding> { .send(request) }

    mutating func secured(_ session: TLSSession) -> Move<HTTPFinding> {
        judge.session = session
        return .send(request)
    }

    mutating func received(_ bytes: UnsafeRawBufferPointer) -> Move<HTTPFinding> {
        var piece = bytes
        do throws(ResponseFault) {
            while let event = try scanner.next(&piece) {
                let finding: HTTPFinding? =
                    switch event {
                    case .head(let head): judge.judge(head)
                    case .body(let part): judge.take(part)
                    case .end: judge.conclude(isCut: false)
                    }
                if let finding { return .finish(finding) }
            }
            return .listen
        } catch {
            return .finish(.verdict(.err(error.words)))
        }
    }

    func ended(_ ending: Ending) -> HTTPFinding {
        if ending == .closed, scanner.mayEndHere { return judge.conclude(isCut: false) }
        return .verdict(.err(ending.words(whileDoing)))
    }

    var waiting: String {
        if !scanner.hasBegun { return "waiting for the first byte" }
        return scanner.isInHead ? "while reading the headers" : "while reading the body (\(judge.progress))"
    }

    private var whileDoing: String {
        if !scanner.hasBegun { return "before answering" }
        return scanner.isInHead ? "in the middle of the headers" : "in the middle of the body (\(judge.progress))"
    }
}
