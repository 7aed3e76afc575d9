import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What the emulators of providers with tokens, zones and RRsets have in common, so that tests and the command line
/// set them up in one way.
protocol AccountEmulator: Emulator {
    var store: RRsetStore { get }
}

/// An account that can be set up from outside.
package protocol EmulatedAccount: Emulator {
    func addZone(_ name: String) async
    func removeZone(_ name: String) async
    /// - Parameter zones: those that the token is for; nil: all of the account's.
    func addToken(_ token: String, zones: Set<String>?, mayEdit: Bool) async
    /// A token that was good once.
    func expireToken(_ token: String) async
    /// So many requests more; then the provider's limit. nil: any number.
    func allow(_ requests: Int?) async
}

extension EmulatedAccount {
    package func addToken(_ token: String) async { await addToken(token, zones: nil, mayEdit: true) }
}

extension AccountEmulator {
    package func addZone(_ name: String) async { await store.addZone(name.lowercased()) }
    package func removeZone(_ name: String) async { await store.removeZone(name.lowercased()) }

    package func addToken(_ token: String, zones: Set<String>?, mayEdit: Bool) async {
        await store.setToken(token, .init(zones: zones, mayEdit: mayEdit))
    }

    package func expireToken(_ token: String) async { await store.setToken(token, .init(isExpired: true)) }
    package func allow(_ requests: Int?) async { await store.allow(requests) }

    /// `www.example.org 300 A 192.0.2.1`, one line for each value, sorted.
    package func listing() async -> [String] {
        await store.all().flatMap { key, set in
            set.values.map { value in
                "\(key.fullName) \(set.ttl.map(String.init) ?? "-") \(key.type) \(value)"
                    + (set.notes[value].map { " # \($0)" } ?? "")
            }
        }.sorted()
    }
}

extension Request {
    /// What is behind `Bearer` or another scheme's name; nil without it.
    func credential(_ scheme: String) -> String? {
        guard let text = headers[.authorization], text.hasPrefix(scheme + " "), text.count > scheme.count + 1 else {
            return nil
        }
        return String(text.dropFirst(scheme.count + 1))
    }

    func query(_ name: String) -> String? { uri.queryParameters[Substring(name)].map(String.init) }

    /// The body as JSON; nil if it is something else or is not said to be JSON.
    func json<Input: Decodable>(_ type: Input.Type = Input.self) async throws -> Input? {
        guard headers[.contentType]?.hasPrefix("application/json") == true else { return nil }
        let octets = try await body.collect(upTo: 1 << 20)
        return try? JSONDecoder().decode(type, from: Data(octets.readableBytesView))
    }

    /// Where the client believes the server to be: `http://127.0.0.1:8090`.
    var origin: String { "http://\(head.authority ?? "127.0.0.1")" }
}

extension EmulatorContext {
    /// A segment of the path, decoded and in lower case.
    func segment(_ name: String) throws -> String {
        let text = try parameters.require(name)
        return (text.removingPercentEncoding ?? text).lowercased()
    }
}

extension Response {
    static func json(
        _ status: Int, _ value: some Encodable, headers: [String: String] = [:]
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var fields: HTTPFields = [.contentType: "application/json"]
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return Response(
            status: .init(code: status), headers: fields,
            body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }

    static func empty(_ status: Int) -> Response { Response(status: .init(code: status)) }
}

/// Part of a list, from its first item on.
struct PageOf<Item> {
    var items: [Item]
    /// The number of the next page; nil on the last.
    var next: Int?

    /// - Parameter number: from 1.
    init(_ number: Int, of all: [Item], size: Int) {
        items = Array(all.dropFirst((number - 1) * size).prefix(size))
        next = number * size < all.count ? number + 1 : nil
    }
}
