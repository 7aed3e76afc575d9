import DNS
import Foundation
import NIOHTTP1
import Secrets

/// PowerDNS's endpoints and errors.
struct PowerDNSAPI: Sendable {
    private let base: String
    private let key: SecretPlace
    private let caller: HTTPCaller

    init(url: String, server: String, key: SecretPlace, caller: HTTPCaller) {
        // Both the web server's address and the API's are understood.
        base = (url.hasSuffix("/api/v1") ? url : url + "/api/v1") + "/servers/\(server.percentEncoded)"
        self.key = key
        self.caller = caller
    }

    /// The id of the zone of exactly this name; nil if the server has none.
    func zone(named name: Name, until deadline: Deadline) async throws(ProviderError) -> String? {
        struct Zone: Decodable {
            var id: String
            var name: String
        }
        let query = formEncoded([("zone", name.inLowerCase.description)])
        let zones: [Zone] = try await decode(.GET, "/zones?\(query)", until: deadline)
        return zones.first { $0.name.lowercased() == name.inLowerCase.description }?.id
    }

    /// The name's RRsets. Servers before 4.6 answer with the whole zone, which is looked through.
    func sets(of owner: Name, zone: String, until deadline: Deadline) async throws(ProviderError) -> [PowerDNSSet] {
        struct Zone: Decodable {
            var rrsets: [PowerDNSSet]?
        }
        let query = formEncoded([("rrset_name", owner.inLowerCase.description)])
        let answer: Zone = try await decode(.GET, "/zones/\(zone.percentEncoded)?\(query)", until: deadline)
        return (answer.rrsets ?? []).filter { $0.name.lowercased() == owner.inLowerCase.description }
    }

    func patch(_ sets: [PowerDNSSet], zone: String, until deadline: Deadline) async throws(ProviderError) {
        struct Body: Encodable {
            var rrsets: [PowerDNSSet]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let octets: Data
        do {
            octets = try encoder.encode(Body(rrsets: sets))
        } catch {
            preconditionFailure("texts and numbers are always fit for JSON: \(error)")
        }
        _ = try await ask(.PATCH, "/zones/\(zone.percentEncoded)", body: octets, until: deadline)
    }

    // MARK: One call

    private func decode<Value: Decodable>(
        _ method: HTTPMethod, _ path: String, until deadline: Deadline
    ) async throws(ProviderError) -> Value {
        let (call, reply) = try await ask(method, path, until: deadline)
        do {
            return try JSONDecoder().decode(Value.self, from: reply.body)
        } catch {
            throw reply.failure(of: call)
        }
    }

    private func ask(
        _ method: HTTPMethod, _ path: String, body: Data? = nil, until deadline: Deadline
    ) async throws(ProviderError) -> (HTTPCall, HTTPReply) {
        let secret = try key.read()
        var call = HTTPCall(
            method, base + path, headers: [("X-API-Key", secret.reveal()), ("Accept", "application/json")], body: body,
            effect: body == nil ? .none : .changes, secrets: [secret])
        if body != nil { call.headers.append(("Content-Type", "application/json")) }
        let reply = try await caller.send(call, until: deadline)
        let isEmptyWanted = body != nil
        guard (200..<300).contains(reply.status), !isEmptyWanted || reply.status == 204 else {
            throw failure(reply, of: call)
        }
        return (call, reply)
    }

    private func failure(_ reply: HTTPReply, of call: HTTPCall) -> ProviderError {
        struct Fault: Decodable {
            var error: String
            var errors: [String]?
        }
        guard let fault = try? JSONDecoder().decode(Fault.self, from: reply.body) else {
            if reply.status == 404 { return .refused(.noSuchZone, words: oneLine(reply.summary)) }
            return reply.failure(of: call)
        }
        let said = ([fault.error] + (fault.errors ?? [])).joined(separator: "; ")
        let words = call.secrets.reduce(oneLine(said)) { $1.redacted(from: $0) }
        switch reply.status {
        case 404: return .refused(.noSuchZone, words: words)
        case 400, 422:
            let isInTheWay = words.lowercased().contains("conflicts with")
            return .refused(isInTheWay ? .recordInTheWay : .invalid, words: words)
        default: return reply.failure(of: call, words: words)
        }
    }
}
