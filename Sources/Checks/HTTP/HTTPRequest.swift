import NIOCore

/// A method that a check may send (RFC 9110 §9, RFC 5789). Methods are told apart by case, so `get` is none.
enum HTTPMethod: String, CaseIterable, Sendable {
    case get = "GET"
    case head = "HEAD"
    case options = "OPTIONS"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    static var names: [String] { allCases.map(\.rawValue) }

    /// Methods that are sent with a body, if only an empty one, so that the server does not wait for it.
    private var hasBody: Bool { self == .post || self == .put || self == .patch }

    /// What is asked for behind a redirect of that status (RFC 9110 §15.4).
    func afterRedirect(_ status: Int) -> HTTPMethod {
        switch status {
        case 303 where self != .head: .get
        case 301, 302: self == .post ? .get : self
        default: self
        }
    }

    /// The whole request, ready to be sent. We ask for the connection to be closed, as each probe makes a new one,
    /// and for no compression, as nothing here unpacks what a stranger packed.
    func request(_ url: WebAddress) -> ByteBuffer {
        var text = "\(rawValue) \(url.pathAndQuery) HTTP/1.1\r\nHost: \(url.authority)\r\nUser-Agent: ninelives\r\n"
        text += "Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n"
        if hasBody { text += "Content-Length: 0\r\n" }
        return ByteBuffer(string: text + "\r\n")
    }
}
