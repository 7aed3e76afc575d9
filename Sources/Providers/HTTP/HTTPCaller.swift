import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import NIOSSL
import Secrets

/// One request to an API.
package struct HTTPCall: Sendable {
    /// What it means if no answer comes.
    package enum Effect: Hashable, Sendable {
        /// It only reads: it can be repeated.
        case none
        /// It changes something: without an answer nobody knows whether it did.
        case changes
    }

    package var method: HTTPMethod
    /// The whole address.
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: Data?
    package var effect: Effect
    /// Never repeated in what is said about the call.
    package var secrets: [Secret]

    package init(
        _ method: HTTPMethod, _ url: String, headers: [(name: String, value: String)] = [], body: Data? = nil,
        effect: Effect, secrets: [Secret] = []
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.effect = effect
        self.secrets = secrets
    }
}

/// A whole answer.
package struct HTTPReply: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: Data

    package init(status: Int, headers: HTTPHeaders, body: Data) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// What the provider asks to wait, from `Retry-After` (RFC 9110 §10.2.3), seconds or a date; at most an hour.
    package var retryAfter: Duration? {
        guard let value = headers.first(name: "retry-after")?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let seconds = Int(value), seconds >= 0 { return .seconds(min(seconds, 3600)) }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        guard let date = format.date(from: value) else { return nil }
        return .seconds(min(max(0, date.timeIntervalSinceNow), 3600))
    }
}

/// Makes HTTP calls for a driver, with its CA file, each within its deadline. It follows no redirect: a key must not
/// go where it was not meant for.
package struct HTTPCaller: Sendable {
    /// One pool of connections for the whole process; it lives as long.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// The longest answer that is read, octets.
    package static let bodyLimit = 8 << 20

    private let caFile: String?

    /// - Parameter caFile: PEM; trusted instead of the system's authorities.
    package init(caFile: String? = nil) { self.caFile = caFile }

    /// Sends and waits for the whole answer, whatever its status. Statuses are the driver's to judge; 429 and 5xx
    /// it may leave to `HTTPReply.failure`.
    package func send(_ call: HTTPCall, until deadline: Deadline) async throws(ProviderError) -> HTTPReply {
        let request = try request(for: call)
        let remaining = deadline.remaining
        guard remaining > .zero else {
            throw .unavailable(.timedOut, words: "no time was left to ask \(host(of: call))")
        }
        do {
            let response = try await Self.client.execute(request, deadline: .now() + TimeAmount(remaining))
            let body = try await response.body.collect(upTo: Self.bodyLimit)
            return HTTPReply(
                status: Int(response.status.code), headers: response.headers, body: Data(body.readableBytesView))
        } catch {
            throw failure(error, of: call)
        }
    }

    private func request(for call: HTTPCall) throws(ProviderError) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: call.url)
        request.method = call.method
        request.headers.add(name: "User-Agent", value: "ninelives (DNS failover)")
        for (name, value) in call.headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body = call.body { request.body = .bytes(ByteBuffer(data: body)) }
        if let caFile {
            var configuration = TLSConfiguration.makeClientConfiguration()
            do {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caFile))
            } catch {
                throw .refused(.credentials, words: "the CA file \(caFile) cannot be read as PEM certificates")
            }
            request.tlsConfiguration = configuration
        }
        return request
    }

    private func host(of call: HTTPCall) -> String {
        URLComponents(string: call.url)?.host ?? "the provider"
    }

    /// Whether it was never sent, or may have arrived.
    private func failure(_ error: any Error, of call: HTTPCall) -> ProviderError {
        let host = host(of: call)
        if error is NIOTooManyBytesError {
            return call.effect == .none
                ? .unavailable(.notUnderstood, words: "\(host) answered more than 8 MiB")
                : .outcomeUnknown(words: "\(host) answered more than 8 MiB")
        }
        let words = HTTPFailureWords(error)
        let text = call.secrets.reduce(oneLine("\(host): \(words.text)")) { $1.redacted(from: $0) }
        if call.effect == .changes, words.mayHaveArrived { return .outcomeUnknown(words: text) }
        return .unavailable(words.isTimeout ? .timedOut : .unreachable, words: text)
    }
}

/// What a failed call says of itself.
private struct HTTPFailureWords {
    var text: String
    var isTimeout = false
    var mayHaveArrived: Bool

    init(_ error: any Error) {
        mayHaveArrived = true
        switch error {
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout:
                (text, isTimeout, mayHaveArrived) = ("no connection within the time", true, false)
            case .deadlineExceeded, .readTimeout:
                (text, isTimeout) = ("no answer within the time", true)
            case .getConnectionFromPoolTimeout:
                (text, isTimeout, mayHaveArrived) = ("no connection was free within the time", true, false)
            case .remoteConnectionClosed:
                text = "the connection was closed before the answer was whole"
            case .tlsHandshakeTimeout:
                (text, isTimeout, mayHaveArrived) = ("no TLS handshake within the time", true, false)
            default:
                text = "\(error)"
            }
        case let error as NIOConnectionError:
            let why = error.connectionErrors.first.map { "\($0.error)" } ?? "its name has no address"
            (text, mayHaveArrived) = ("no connection: \(why)", false)
        case let error as NIOSSLError:
            text = "TLS: \(error)"
            if case .handshakeFailed = error { mayHaveArrived = false }
        case is NIOSSLExtraError:
            (text, mayHaveArrived) = ("TLS: \(error)", false)
        case is CancellationError:
            text = "cancelled"
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            (text, mayHaveArrived) = ("connection refused", false)
        case let error as IOError where error.errnoCode == ECONNRESET:
            text = "the connection was reset"
        default:
            text = "\(error)"
        }
    }
}

extension HTTPReply {
    /// What a 429 or a 5xx, or an answer that the documentation does not know, means for a call.
    package func failure(of call: HTTPCall, words: String? = nil) -> ProviderError {
        let said = words ?? summary
        let text = call.secrets.reduce(oneLine(said)) { $1.redacted(from: $0) }
        switch status {
        case 429: return .unavailable(.rateLimited, words: text, retryAfter: retryAfter)
        case 503: return .unavailable(.faulty, words: text, retryAfter: retryAfter)
        case 401, 403: return .refused(.credentials, words: text)
        case 500...:
            return call.effect == .changes
                ? .outcomeUnknown(words: text) : .unavailable(.faulty, words: text, retryAfter: retryAfter)
        default:
            return call.effect == .changes
                ? .outcomeUnknown(words: text) : .unavailable(.notUnderstood, words: text, retryAfter: retryAfter)
        }
    }

    /// `status 502: <html>…`, short.
    package var summary: String {
        let start = text.prefix(200)
        return start.isEmpty ? "status \(status)" : "status \(status): \(start)"
    }
}
