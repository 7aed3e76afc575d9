import Addresses
import NIOCore

/// What the HTTP methods have in common: their arguments, one request over one new connection, and redirects.
struct HTTPProbe: Sendable {
    /// Where the connection goes instead of the URL's host.
    let reroute: Host?
    let choice: AddressChoice
    let expectation: HTTPExpectation
    var resolver = NameResolver.system
    private let request: HTTPRequest
    /// The request as it is sent in HTTP/1.1, made once.
    private let written: ByteBuffer
    private let version: HTTPVersion
    /// Longer than this in all is an error.
    private let longestTime: Duration?
    /// What must never be told, whoever says it.
    private let secrets: [String]
    /// Nil if no connection of this check can use TLS.
    private let trust: TLSTrust?

    private static let mostRedirects = 5

    /// Reads the common arguments; `expectation` has what the method itself expects of the body.
    init(_ reader: inout ArgumentReader, expecting expectation: HTTPExpectation) throws(CheckArgumentErrors) {
        var expectation = expectation
        let url = reader.read("url") { text throws(WebAddress.Fault) in try WebAddress(text) }
        let method = HTTPArguments.readMethod(&reader)
        let body = HTTPArguments.readBody(&reader)
        let (fields, secrets) = HTTPArguments.readFields(&reader)
        if reader.takes("conditions") {
            let (conditions, longest) = HTTPArguments.readConditions(&reader)
            expectation.conditions = conditions
            longestTime = longest
            if conditions?.subjects.contains(.status) == true { expectation.statuses = nil }
            if let url, !url.isSecure, conditions?.subjects.contains(.certificateDays) == true {
                reader.refuse("conditions", "asks for cert.days of an http:// URL", expected: "an https:// URL")
            }
        } else {
            longestTime = nil
        }
        if let statuses = reader.read("status", StatusSet.init) { expectation.statuses = statuses }
        if method == .head, expectation.readsBody {
            reader.refuse("method", "gives no body in which to look for a text")
        }
        version = reader.choice("http", default: HTTPVersion.one)
        let reroute = reader.read("addr", Host.init)
        choice = reader.choice("address", default: AddressChoice.any)
        expectation.followsRedirects = reader.flag("redirects")
        let roots = TLSArguments.readRoots(&reader)
        let mayUseTLS = url?.isSecure == true || expectation.followsRedirects
        if let url, !mayUseTLS {
            for key in ["insecure", "ca"] where reader.has(key) {
                reader.refuse(
                    key, "has no meaning for \(url.isSecure ? "https" : "http")://", expected: "an https:// URL")
            }
        }
        if let url, url.isSecure, url.host.name == nil, let reroute, reroute != url.host, roots != .anything {
            reader.refuse(
                "addr", "sends an https:// URL without a host name elsewhere",
                expected: "a URL with a host name, or insecure")
        }
        let target = try reader.require(url)
        self.reroute = reroute
        resolver = .system.forbidding(reader.forbidden)
        self.expectation = expectation
        self.secrets = secrets
        request = HTTPRequest(method: method, url: target, fields: fields, body: body)
        written = request.http1
        trust =
            mayUseTLS
            ? try TLSArguments.trust(roots, offering: [version.applicationProtocol], &reader) : nil
    }

    var url: WebAddress { request.url }

    /// `http://cat.example.test:8080/ at 127.0.0.11`.
    var target: String { reroute.map { "\(url) at \($0)" } ?? "\(url)" }

    /// Probes once; `judge` has the last word about an answer that is good so far.
    func run(
        timeout: Duration, on group: any EventLoopGroup,
        judge: @escaping @Sendable (HTTPAnswer) -> Verdict = { .ok($0.found) }
    ) async -> ProbeResult {
        let (limit, loop) = (TimeLimit(timeout), group.next())
        let destination = Destination(host: url.host, reroute: reroute, choice: choice, resolver: resolver)
        return await destination.probe(within: limit, on: loop) { host, resolver in
            var result = await chase(from: host, resolver, within: limit, on: loop, judge)
            if let longestTime, result.isSuccess, result.phases.total > longestTime {
                result.isSuccess = false
                result.reason =
                    "took \(inWords(result.phases.total)), longer than \(inWords(longestTime)) (\(result.reason))"
            }
            if !secrets.isEmpty { result.reason = redact(result.reason, secrets) }
            return result
        }
    }

    /// One request after the other, as long as redirects are followed.
    private func chase(
        from first: Host, _ resolver: NameResolver, within limit: TimeLimit, on loop: any EventLoop,
        _ judge: @Sendable (HTTPAnswer) -> Verdict
    ) async -> ProbeResult {
        var phases = ProbePhases()
        var request = request
        for followed in 0... {
            // `addr` holds for the URL's own host only; wherever else a redirect leads is looked up.
            let host = request.url.host == url.host ? first : request.url.host
            let endpoint = Endpoint(
                host: host, port: request.url.port,
                tls: request.url.isSecure ? trust?.identity(of: request.url.host) : nil)
            let (outcome, spent, address) = await exchange(
                request, isFirst: followed == 0, with: endpoint, resolver, within: limit, on: loop)
            phases.add(spent)
            var verdict: Verdict
            switch outcome {
            case .verdict(let found): verdict = found
            case .answer(let answer):
                verdict = Self.conclude(answer, expectation.conditions, after: limit.elapsed, judge)
            case .redirect(let location, let status):
                switch step(after: request, to: location, status: status, followed: followed) {
                case .success(let next):
                    request = next
                    continue
                case .failure(let fault): verdict = .err(fault.words)
                }
            }
            if followed > 0 { verdict.reason += " (redirected to \(request.url))" }
            return ProbeResult(verdict, phases, at: address, within: limit)
        }
        preconditionFailure("the number of redirects is bounded")
    }

    /// Nil where a name, TLS, HTTP/2, redirects, the time or much work come into it.
    var plain: PlainServer? {
        guard !url.isSecure, version == .one, !expectation.followsRedirects, longestTime == nil,
            case .address(let address) = reroute ?? url.host, choice.allows(address),
            expectation.conditions?.subjects.allSatisfy(\.isCheap) ?? true
        else { return nil }
        return PlainServer(address: address, port: url.port)
    }

    func talk() -> PlainTalk {
        let talk = HTTPConversation(written, method: request.method, expecting: expectation)
        return PlainTalkOf(talk) { [conditions = expectation.conditions, secrets] finding in
            var verdict: Verdict
            switch finding {
            case .verdict(let found): verdict = found
            case .answer(let answer):
                verdict = Self.conclude(answer, conditions, after: .zero) { .ok($0.found) }
            case .redirect: preconditionFailure("redirects are not followed here")
            }
            if !secrets.isEmpty { verdict.reason = redact(verdict.reason, secrets) }
            return verdict
        }
    }

    private func exchange(
        _ request: HTTPRequest, isFirst: Bool, with endpoint: Endpoint, _ resolver: NameResolver,
        within limit: TimeLimit, on loop: any EventLoop
    ) async -> (HTTPFinding, ProbePhases, IPAddress?) {
        switch version {
        case .one:
            let talk = HTTPConversation(
                isFirst ? written : request.http1, method: request.method, expecting: expectation)
            return unwrap(await Exchange.run(talk, with: endpoint, within: limit, on: loop, resolver: resolver))
        case .two:
            let talk = HTTP2Conversation(request, expecting: expectation)
            return unwrap(await Exchange.run(talk, with: endpoint, within: limit, on: loop, resolver: resolver))
        }
    }

    private func unwrap<Talk: Conversation>(
        _ report: Exchange<Talk>.Report
    ) -> (HTTPFinding, ProbePhases, IPAddress?) where Talk.Finding == HTTPFinding {
        switch report.outcome {
        case .failed(let reason): (.verdict(.err(reason)), report.phases, report.address)
        case .found(let finding): (finding, report.phases, report.address)
        }
    }

    private static func conclude(
        _ answer: HTTPAnswer, _ conditions: Condition?, after elapsed: Duration,
        _ judge: @Sendable (HTTPAnswer) -> Verdict
    ) -> Verdict {
        guard let conditions else { return judge(answer) }
        let subjects = conditions.subjects
        let facts = ConditionFacts(
            status: answer.head.status, headers: answer.head.fields, body: answer.body, isCut: answer.isCut,
            time: elapsed, certificateDays: answer.session?.certificate?.daysLeft,
            needsJSON: subjects.contains { if case .json = $0 { true } else { false } })
        if let failure = conditions.failure(facts) { return .err(failure) }
        let verdict = judge(answer)
        return verdict.isSuccess ? .ok("\(verdict.reason), conditions hold") : verdict
    }

    private enum RedirectFault: Error {
        case tooMany
        case notAURL(String)
        case unprotected(WebAddress)

        var words: String {
            switch self {
            case .tooMany: "more than \(mostRedirects) redirects"
            case .notAURL(let location): "redirected to what is not an HTTP URL: \"\(location)\""
            case .unprotected(let url): "redirected from https to plain http: \(url)"
            }
        }
    }

    private func step(
        after request: HTTPRequest, to location: String, status: Int, followed: Int
    ) -> Result<HTTPRequest, RedirectFault> {
        let told = printable(location.utf8, limit: 100)
        guard followed < Self.mostRedirects else { return .failure(.tooMany) }
        guard let url = try? request.url.resolving(location) else { return .failure(.notAURL(told)) }
        guard url.isSecure || !request.url.isSecure else { return .failure(.unprotected(url)) }
        return .success(request.following(status, to: url))
    }
}

extension ProbePhases {
    /// Adds the phases of one more connection; not the total, which is measured as a whole.
    mutating func add(_ other: ProbePhases) {
        func sum(_ left: Duration?, _ right: Duration?) -> Duration? { left.map { $0 + (right ?? .zero) } ?? right }
        resolve = sum(resolve, other.resolve)
        connect = sum(connect, other.connect)
        tls = sum(tls, other.tls)
        firstByte = sum(firstByte, other.firstByte)
        certificateEnd = other.certificateEnd ?? certificateEnd
    }
}
