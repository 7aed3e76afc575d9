import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Secrets

/// One POST to a service, within a deadline. It follows no redirect: a secret must not go where it was not meant for.
struct HTTPPost: Sendable {
    /// One pool of connections for the whole process; it lives as long.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// The longest answer that is read, octets.
    private static let bodyLimit = 64 << 10

    struct Reply: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var text: String
    }

    var url: String
    var headers: [(name: String, value: String)] = [("Content-Type", "application/json")]
    var body: Data
    /// PEM; trusted instead of the system's authorities.
    var caFile: String?

    /// The service's answer if it took the request (2xx).
    ///
    /// - Parameter secrets: not repeated in what is said.
    func send(within timeout: Duration, hiding secrets: [Secret] = []) async throws(DeliveryError) -> Reply {
        do {
            let request = try request()
            let amount = TimeAmount.nanoseconds(timeout.components.seconds * 1_000_000_000)
            let response = try await Self.client.execute(request, deadline: .now() + amount)
            let status = Int(response.status.code)
            let body = try? await response.body.collect(upTo: Self.bodyLimit)
            let reply = Reply(
                status: status, headers: response.headers, text: body.map { String(buffer: $0) } ?? "")
            if (200..<300).contains(status) { return reply }
            throw reply.failure(hiding: secrets)
        } catch let error as DeliveryError {
            throw error
        } catch {
            let words = secrets.reduce(oneLine(Self.words(error))) { $1.redacted(from: $0) }
            throw .unavailable("\(WebURL.origin(url)): \(words)")
        }
    }

    private func request() throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "User-Agent", value: "ninelives")
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        if let caFile {
            var configuration = TLSConfiguration.makeClientConfiguration()
            do {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caFile))
            } catch {
                throw DeliveryError.unavailable("the file \(caFile) cannot be read as certificates in PEM")
            }
            request.tlsConfiguration = configuration
        }
        return request
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout: "no connection within the time"
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            "no answer within the time"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            "the connection was closed before the answer"
        case let error as NIOConnectionError:
            "no connection: " + (error.connectionErrors.first.map { "\($0.error)" } ?? "its name has no address")
        case let error as IOError where error.errnoCode == ECONNREFUSED: "connection refused"
        default: "\(error)"
        }
    }
}

extension HTTPPost.Reply {
    /// What an answer other than 2xx means: 4xx is about the letter, unless it says that we come too often or that it
    /// does not know us.
    fileprivate func failure(hiding secrets: [Secret]) -> DeliveryError {
        let said = text.isEmpty ? "" : ": \(text)"
        let words = secrets.reduce(oneLine("status \(status)\(said)")) { $1.redacted(from: $0) }
        switch status {
        case 400, 405...407, 409...417, 422: return .refused(words)
        default: return .unavailable(words, retryAfter: retryAfter)
        }
    }

    /// `Retry-After` in seconds (RFC 9110 §10.2.3), or what Telegram says in its answer; at most an hour.
    private var retryAfter: Duration? {
        struct Answer: Decodable {
            struct Parameters: Decodable { var retry_after: Double? }
            var parameters: Parameters?
        }
        let said = try? JSONDecoder().decode(Answer.self, from: Data(text.utf8)).parameters?.retry_after
        let seconds = headers.first(name: "retry-after").flatMap(Double.init) ?? said
        return seconds.flatMap { $0 > 0 ? .seconds(min($0, 3600)) : nil }
    }
}

/// JSON as it leaves: keys sorted, so that equal letters are equal texts.
func json(_ value: some Encodable) throws(DeliveryError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return try encoder.encode(value)
    } catch {
        throw .refused("the letter cannot be written as JSON: \(error)")
    }
}
