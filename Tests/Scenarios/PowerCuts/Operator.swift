import AsyncHTTPClient
import Foundation
import NIOCore

/// What an operator was told about one subject.
struct Promise {
    /// The order that was acknowledged last.
    var kept: Mark?
    /// The orders since, to which no answer came, one of each life: the newest that was written is in force.
    var pending: [Mark] = []

    /// What may be in force.
    var all: [Mark] { [kept].compactMap(\.self) + pending }

    struct Mark: Equatable, Sendable {
        /// Of its own in every order.
        var reason: String
        /// The member that is pinned by it.
        var member: String?
    }

    mutating func take(_ outcome: Operator.Outcome) {
        if let kept = outcome.kept { self = Promise(kept: kept) }
        if let unanswered = outcome.pending { pending.append(unanswered) }
    }
}

/// Somebody who orders one thing after the other about one subject, as fast as the server acknowledges.
struct Operator: Sendable {
    let url: String
    let token: String
    let subject: String
    /// In turn: the action and the member.
    let orders: [(action: String, member: String?)]

    struct Outcome: Sendable {
        var subject: String
        var kept: Promise.Mark?
        var pending: Promise.Mark?
        var count = 0
        /// What the server said instead of carrying an order out.
        var refusal: String?
    }

    static func all(_ url: String, _ token: String) -> [Operator] {
        [
            ("scheme:ordered.example.test", ["a", "b", "c"].map { ("pin", "steady:\($0)") }),
            ("indicator:steady:a", [("maintenance", nil), ("force-err", nil)]),
            ("indicator:steady:b", [("force-ok", nil), ("force-err", nil)]),
            ("indicator:steady:c", [("maintenance", nil)]),
        ].map { Operator(url: url, token: token, subject: $0, orders: $1) }
    }

    /// Works until the server is gone.
    func work() async -> Outcome {
        var outcome = Outcome(subject: subject)
        while !Task.isCancelled {
            let (action, member) = orders[outcome.count % orders.count]
            let mark = Promise.Mark(reason: UUID().uuidString, member: member)
            outcome.pending = mark
            do {
                let (status, text) = try await send(action, mark)
                guard status == 201 else {
                    outcome.refusal = "\(status) \(text)"
                    return outcome
                }
            } catch {
                return outcome
            }
            (outcome.kept, outcome.pending) = (mark, nil)
            outcome.count += 1
        }
        return outcome
    }

    private func send(_ action: String, _ mark: Promise.Mark) async throws -> (UInt, String) {
        let target = subject.split(separator: ":", maxSplits: 1).last.map(String.init) ?? ""
        var body = ["action": action, "target": target, "reason": mark.reason]
        body["member"] = mark.member
        var request = HTTPClientRequest(url: url + "/api/v1/overrides")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        return (response.status.code, String(buffer: try await response.body.collect(upTo: 1 << 20)))
    }
}
