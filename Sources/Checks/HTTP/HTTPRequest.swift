import NIOCore

/// A request method (RFC 9110 §9.1): any in capitals but CONNECT, which asks for a tunnel and not for an answer.
struct HTTPMethod: Hashable, Sendable {
    let name: String

    static let get = HTTPMethod(known: "GET")
    static let head = HTTPMethod(known: "HEAD")
    static let post = HTTPMethod(known: "POST")

    /// Those that people use; any other may be written too.
    static let names = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]

    /// Methods are told apart by case, so `get` is none.
    init?(_ name: String) {
        guard (1...32).contains(name.utf8.count), name != "CONNECT",
            name.utf8.allSatisfy({ (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "-") }), !name.hasPrefix("-")
        else { return nil }
        self.name = name
    }

    private init(known name: String) { self.name = name }

    /// Methods that are sent with a body, if only an empty one, so that the server does not wait for it.
    var hasBody: Bool { ["POST", "PUT", "PATCH"].contains(name) }

    /// What is asked for behind a redirect of that status (RFC 9110 §15.4).
    func afterRedirect(_ status: Int) -> HTTPMethod {
        switch status {
        case 303 where self != .head: .get
        case 301, 302: self == .post ? .get : self
        default: self
        }
    }
}

/// One request, before it is written in one version of HTTP or the other.
struct HTTPRequest: Sendable {
    var method: HTTPMethod
    var url: WebAddress
    /// Ours, in their order; `Host` among them replaces the URL's.
    var fields: [HeaderField] = []
    var body: String?

    /// What we say of ourselves unless the configuration says otherwise. We ask for no compression, as nothing here
    /// unpacks what a stranger packed.
    private static let standard = [
        HeaderField(name: "User-Agent", value: "ninelives"), HeaderField(name: "Accept", value: "*/*"),
        HeaderField(name: "Accept-Encoding", value: "identity"),
    ]

    private var host: String { fields.first { $0.isNamed("Host") }?.value ?? url.authority }

    private var allFields: [HeaderField] {
        let own = fields.filter { !$0.isNamed("Host") }
        var all = Self.standard.filter { standard in !own.contains { $0.isNamed(standard.name) } } + own
        if let body {
            all.append(HeaderField(name: "Content-Length", value: "\(body.utf8.count)"))
        } else if method.hasBody {
            all.append(HeaderField(name: "Content-Length", value: "0"))
        }
        return all
    }

    /// As it is sent in HTTP/1.1. We ask for the connection to be closed, as each probe makes a new one.
    var http1: ByteBuffer {
        var text = "\(method.name) \(url.pathAndQuery) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n"
        for field in allFields { text += "\(field.name): \(field.value)\r\n" }
        return ByteBuffer(string: text + "\r\n" + (body ?? ""))
    }

    /// As it is sent in HTTP/2 (RFC 9113 §8.3.1).
    var http2: [(name: String, value: String)] {
        [
            (":method", method.name), (":scheme", url.isSecure ? "https" : "http"), (":authority", host),
            (":path", url.pathAndQuery),
        ] + allFields.map { ($0.name.lowercased(), $0.value) }
    }

    /// The request that follows a redirect. What was meant for one server is not told to another: the headers of
    /// the configuration, authorization among them, go no further than scheme, host and port stay the same.
    func following(_ status: Int, to next: WebAddress) -> HTTPRequest {
        var request = self
        request.url = next
        request.method = method.afterRedirect(status)
        let isElsewhere = (next.isSecure, next.port) != (url.isSecure, url.port) || next.host != url.host
        if isElsewhere { request.fields = [] }
        if request.method != method || isElsewhere { request.body = nil }
        return request
    }
}
