import DNS
import Foundation
import NIOHTTP1
import Secrets

/// A URL of the user's own, which gets the desired RRsets as JSON.
package struct Webhook: Provider {
    package static let driver = "webhook"
    package static let summary = "A URL of your own that gets the desired records as JSON"
    package static let parameters = [
        ProviderParameter("url", .url, required: true, "Where the JSON is sent, by POST."),
        ProviderParameter("token", .secret, "A token, sent as Authorization: Bearer."),
        ProviderParameter("reads", .flag, standard: "no", "Whether it answers what is there to \"action\": \"read\"."),
        .caFile,
    ]

    package let capabilities: Capabilities
    private let url: String
    private let token: SecretPlace?
    private let caller: HTTPCaller

    package init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors) {
        var reader = ProviderArgumentReader(arguments, of: Self.self)
        let url = reader.url("url")
        token = reader.secret("token")
        capabilities = .own(canBeRead: reader.flag("reads"))
        caller = HTTPCaller(caFile: reader.path("ca-file"))
        self.url = try reader.require(url)
    }

    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        try await post(RecordRequest(reading: owner, types: types), effect: .none, until: deadline)
            .held(by: owner, types: types)
    }

    package func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance {
        let reply = try await post(RecordRequest(change), effect: .changes, until: deadline)
        return Acceptance(oneLine(reply.words ?? "accepted"))
    }

    private func post(
        _ request: RecordRequest, effect: HTTPCall.Effect, until deadline: Deadline
    ) async throws(ProviderError) -> RecordReply {
        var call = HTTPCall(
            .POST, url, headers: [("Content-Type", "application/json")], body: request.json, effect: effect)
        if let token {
            let secret = try token.read()
            call.headers.append(("Authorization", "Bearer \(secret.reveal())"))
            call.secrets = [secret]
        }
        let reply = try await caller.send(call, until: deadline)
        let answer = RecordReply(reply.body)
        let said = call.secrets.reduce(oneLine(answer?.words ?? reply.summary)) { $1.redacted(from: $0) }
        switch reply.status {
        case 200..<300:
            guard let answer else { throw reply.failure(of: call) }
            try answer.check()
            return answer
        case 400, 422: throw .refused(.invalid, words: said)
        case 404, 410: throw .refused(.noSuchName, words: said)
        case 409: throw .conflict(words: said)
        default: throw reply.failure(of: call, words: said)
        }
    }
}
