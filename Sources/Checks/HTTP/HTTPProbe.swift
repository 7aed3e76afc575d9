import Addresses
import NIOCore
import NIOSSL

/// What the HTTP methods have in common: their arguments, one request over one new connection, and redirects.
struct HTTPProbe: Sendable {
    let url: WebAddress
    let method: HTTPMethod
    /// Where the connection goes instead of the URL's host.
    let reroute: Host?
    let expectation: HTTPExpectation
    var resolver = NameResolver.system
    private let request: ByteBuffer
    /// Nil if no connection of this check can use TLS.
    private let trust: TLSTrust?

    private static let mostRedirects = 5

    static let url = CheckParameter(
        "url", .text, form: WebAddress.form, required: true,
        "What to ask for. Its port, Host header and TLS server name are used whatever addr says.")
    static let common = [
        CheckParameter("status", .text, form: StatusSet.form, "The statuses that are ok; 200 if not given."),
        CheckParameter(
            "method", .text, form: "one of " + HTTPMethod.names.joined(separator: ", "),
            "The request method; GET if not given."),
        CheckParameter(
            "addr", .text, form: "an IPv4 address, an IPv6 address or a host name", option: true,
            "Connect there instead of the URL's host, whatever the DNS says."),
        CheckParameter("redirects", .flag, option: true, "Follow redirects, at most 5."),
        CheckParameter("insecure", .flag, option: true, "Accept any TLS certificate."),
        CheckParameter(
            "ca", .text, form: "the path of a PEM file with certificates", option: true,
            "Believe the authorities in this file and no others."),
    ]

    /// Reads the common arguments; `expectation` has what the method itself expects of the body.
    init(_ reader: inout ArgumentReader, expecting expectation: HTTPExpectation) throws(CheckArgumentErrors) {
        var expectation = expectation
        let url = reader.read("url", WebAddress.init)
        if let statuses = reader.read("status", StatusSet.init) { expectation.statuses = statuses }
        let method = Self.readMethod(&reader)
        if method == .head, expectation.readsBody {
            reader.refuse("method", "gives no body in which to look for a text")
        }
        let reroute = reader.read("addr", Host.init)
        expectation.followsRedirects = reader.flag("redirects")
        let roots = Self.readRoots(&reader)
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
        self.url = try reader.require(url)
        self.method = method
        self.reroute = reroute
        self.expectation = expectation
        request = method.request(self.url)
        do {
            trust = mayUseTLS ? try TLSTrust(roots) : nil
        } catch {
            reader.refuse("ca", "holds certificates that cannot be used")
            throw CheckArgumentErrors(reader.errors)
        }
    }

    private static func readMethod(_ reader: inout ArgumentReader) -> HTTPMethod {
        guard let name = reader.text("method") else { return .get }
        if let method = HTTPMethod(rawValue: name) { return method }
        reader.refuse(
            "method", "is not a method that a check can send", expected: suggestion(for: name, among: HTTPMethod.names))
        return .get
    }

    private static func readRoots(_ reader: inout ArgumentReader) -> TLSTrust.Roots {
        let isInsecure = reader.flag("insecure")
        guard let file = reader.text("ca") else { return isInsecure ? .anything : .system }
        if isInsecure { reader.refuse("ca", "contradicts insecure", expected: "one of them") }
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else {
            reader.refuse("ca", "cannot be read, or has no certificate in PEM form")
            return .system
        }
        return .certificates(certificates)
    }

    /// `http://cat.example.test:8080/ at 127.0.0.11`.
    var target: String { reroute.map { "\(url) at \($0)" } ?? "\(url)" }

    func run(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        let limit = TimeLimit(timeout)
        let loop = group.next()
        var phases = ProbePhases()
        var step = Step(url: url, method: method, request: request)
        for followed in 0... {
            let report = await Exchange.run(
                HTTPConversation(step.request, method: step.method, expecting: expectation),
                with: endpoint(for: step.url), within: limit, on: loop, resolver: resolver)
            phases.add(report.phases)
            var verdict: Verdict
            switch report.outcome {
            case .failed(let reason): verdict = .err(reason)
            case .found(.verdict(let found)): verdict = found
            case .found(.redirect(let location, let status)):
                switch self.step(after: step, to: location, status: status, followed: followed) {
                case .success(let next):
                    step = next
                    continue
                case .failure(let fault): verdict = .err(fault.words)
                }
            }
            if followed > 0 { verdict.reason += " (redirected to \(step.url))" }
            return ProbeResult(verdict, phases, at: report.address, within: limit)
        }
        preconditionFailure("the number of redirects is bounded")
    }

    /// Nil where a name, TLS or redirects come into it.
    var plain: PlainProbe? {
        guard !url.isSecure, !expectation.followsRedirects, case .address(let address) = reroute ?? url.host else {
            return nil
        }
        let talk = HTTPConversation(request, method: method, expecting: expectation)
        return PlainProbe(address, port: url.port, talk) { finding in
            switch finding {
            case .verdict(let verdict): verdict
            case .redirect: preconditionFailure("redirects are not followed here")
            }
        }
    }

    /// `addr` holds for the URL's own host only; wherever else a redirect leads is looked up.
    private func endpoint(for url: WebAddress) -> Endpoint {
        Endpoint(
            host: url.host == self.url.host ? reroute ?? url.host : url.host, port: url.port,
            tls: url.isSecure ? trust?.identity(of: url.host) : nil)
    }

    private struct Step {
        var url: WebAddress
        var method: HTTPMethod
        var request: ByteBuffer
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
        after step: Step, to location: String, status: Int, followed: Int
    ) -> Result<Step, RedirectFault> {
        let told = printable(location.utf8, limit: 100)
        guard followed < Self.mostRedirects else { return .failure(.tooMany) }
        guard let url = try? step.url.resolving(location) else { return .failure(.notAURL(told)) }
        guard url.isSecure || !step.url.isSecure else { return .failure(.unprotected(url)) }
        let method = step.method.afterRedirect(status)
        return .success(Step(url: url, method: method, request: method.request(url)))
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
    }
}
