import HTTPTypes
import Hummingbird
import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Something that goes wrong between a provider and its client.
package enum Fault: String, Hashable, Sendable, CaseIterable {
    /// The connection is reset before anything was done.
    case reset
    /// It is done, and then the connection is closed without an answer.
    case lost
    /// It is done, and half of the answer is sent.
    case truncated
    /// It is done, and the answer comes late: see `FaultPlan.delay`.
    case slow
    /// A proxy in front answers 502 with HTML; nothing was done.
    case badGateway = "bad-gateway"
    /// It is done, and then a proxy in front answers 502 with HTML.
    case badGatewayAfterwards = "bad-gateway-afterwards"
    /// 500 without a body; nothing was done.
    case serverError = "server-error"
    /// 429 with `Retry-After: 1`; nothing was done.
    case rateLimited = "rate-limited"
    /// 200 with a page of HTML, as a captive portal answers; nothing was done.
    case html
}

/// An answer that was planned.
struct PlannedReply: Sendable {
    var status: Int
    var body: String
    var headers: [String: String]

    func response() -> Response {
        var fields: HTTPFields = [.contentType: "application/json"]
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return Response(
            status: .init(code: status), headers: fields, body: .init(byteBuffer: ByteBuffer(string: body)))
    }
}

/// Which faults come next. Each is used once, by the first request that it is for.
package actor FaultPlan {
    private struct Planned {
        var fault: Fault
        var onlyChanges: Bool
    }

    /// What a provider answers in a case that its emulator does not get into by itself.
    private struct PlannedAnswer {
        var answer: PlannedReply
        var onlyChanges: Bool
    }

    private var planned: [Planned] = []
    private var answers: [PlannedAnswer] = []
    /// How long `slow` takes, at most a minute.
    private(set) var delay: Duration = .seconds(5)
    /// How many requests came in, those with faults included.
    package private(set) var requests = 0
    /// How many of them could change something.
    package private(set) var changingRequests = 0

    package init() {}

    /// - Parameter onlyChanges: not for requests that only read.
    package func add(_ fault: Fault, times: Int = 1, onlyChanges: Bool = false) {
        planned += Array(repeating: Planned(fault: fault, onlyChanges: onlyChanges), count: min(max(0, times), 100_000))
    }

    /// The next request gets this answer; nothing is done.
    package func answer(
        _ status: Int, _ body: String, headers: [String: String] = [:], onlyChanges: Bool = false
    ) {
        let answer = PlannedReply(status: status, body: body, headers: headers)
        answers.append(PlannedAnswer(answer: answer, onlyChanges: onlyChanges))
    }

    package func clear() {
        planned = []
        answers = []
    }
    package func setDelay(_ delay: Duration) { self.delay = min(delay, .seconds(60)) }

    /// Counts a request and says what is to go wrong with it.
    func next(changes: Bool) -> (fault: Fault?, answer: PlannedReply?, delay: Duration) {
        requests += 1
        if changes { changingRequests += 1 }
        if let place = answers.firstIndex(where: { changes || !$0.onlyChanges }) {
            return (nil, answers.remove(at: place).answer, delay)
        }
        guard let place = planned.firstIndex(where: { changes || !$0.onlyChanges }) else { return (nil, nil, delay) }
        return (planned.remove(at: place).fault, nil, delay)
    }
}

/// The request's context, with its connection, so that a fault can break it.
struct EmulatorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// Lets the planned faults happen to the requests that it is in front of.
struct FaultMiddleware: RouterMiddleware {
    let plan: FaultPlan
    /// Whether a request could change something.
    let changes: @Sendable (Request) -> Bool

    func handle(
        _ request: Request, context: EmulatorContext,
        next: (Request, EmulatorContext) async throws -> Response
    ) async throws -> Response {
        let (fault, answer, delay) = await plan.next(changes: changes(request))
        if let answer { return answer.response() }
        switch fault {
        case nil: return try await next(request, context)
        case .reset: return try await breakConnection(context, reset: true)
        case .badGateway: return Self.html(.badGateway, "502 Bad Gateway")
        case .html: return Self.html(.ok, "Welcome to the hotel's network")
        case .serverError: return Response(status: .internalServerError)
        case .rateLimited:
            return Response(status: .tooManyRequests, headers: [.retryAfter: "1"])
        case .lost:
            _ = try await next(request, context)
            return try await breakConnection(context, reset: false)
        case .badGatewayAfterwards:
            _ = try await next(request, context)
            return Self.html(.badGateway, "502 Bad Gateway")
        case .slow:
            let response = try await next(request, context)
            try await Task.sleep(for: delay)
            return response
        case .truncated:
            return Self.halved(try await next(request, context))
        }
    }

    private func breakConnection(_ context: EmulatorContext, reset: Bool) async throws -> Response {
        if reset, let socket = context.channel as? any SocketOptionProvider {
            try? await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await context.channel.close().get()
        throw HTTPError(.internalServerError)
    }

    private static func html(_ status: HTTPResponse.Status, _ title: String) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html"],
            body: .init(
                byteBuffer: ByteBuffer(
                    string: "<html><head><title>\(title)</title></head><body><h1>\(title)</h1></body></html>\n")))
    }

    /// The same head, which promises the whole length, and half of the body.
    private static func halved(_ response: Response) -> Response {
        var headers = response.headers
        let length = response.body.contentLength ?? 0
        headers[.contentLength] = String(length)
        let body = response.body
        return Response(
            status: response.status, headers: headers,
            body: .init(contentLength: length) { writer in
                let collector = HalfWriter()
                try await body.write(collector)
                let whole = await collector.buffer.buffer
                if let half = whole.getSlice(at: whole.readerIndex, length: length / 2) {
                    try await writer.write(half)
                }
                throw CancellationError()
            })
    }
}

/// Gathers a body.
private struct HalfWriter: ResponseBodyWriter {
    actor Storage {
        var buffer = ByteBuffer()
        func append(_ part: ByteBuffer) { buffer.writeImmutableBuffer(part) }
    }

    let buffer = Storage()
    func write(_ part: ByteBuffer) async throws { await buffer.append(part) }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
