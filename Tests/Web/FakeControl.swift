import Synchronization

@testable import Control

/// Stands in for the shell: says what the test told it, and tells of changes when the test makes one.
final class FakeControl: ControlInterface {
    private struct State {
        var report: Report
        var unreadiness: String?
        var listeners: [UInt64: AsyncStream<UInt64>.Continuation] = [:]
        var newest: UInt64 = 0
        var looks = 0
    }

    private let state: Mutex<State>
    let isDryRun: Bool

    init(_ report: Report = .sample, isDryRun: Bool = false) {
        state = Mutex(State(report: report))
        self.isDryRun = isDryRun
    }

    func change(_ body: @Sendable (inout Report) -> Void) {
        state.withLock { state in
            body(&state.report)
            state.report.sequence += 1
            for listener in state.listeners.values { listener.yield(state.report.sequence) }
        }
    }

    func setUnreadiness(_ reason: String?) { state.withLock { $0.unreadiness = reason } }

    func report() async -> Report { state.withLock { $0.report } }
    func readModel() async -> any ReadModel {
        state.withLock { state in
            state.looks += 1
            return state.report
        }
    }

    /// How often everything was looked at.
    var looks: Int { state.withLock { $0.looks } }
    /// How many want to be told of changes.
    var listeners: Int { state.withLock { $0.listeners.count } }
    func recheck(_ indicator: String) async -> Bool { await report().indicator(indicator) != nil }
    func unreadiness() async -> String? { state.withLock { $0.unreadiness } }

    func explanation(of scheme: String) async -> Explanation? {
        guard scheme == "cat.example.test" else { return nil }
        return Explanation(
            scheme: scheme, summary: "It answers so because of the test.",
            steps: [.init(at: 1_000_000, stage: "probe", text: "charlie:cat failure: connection refused")])
    }

    func changes() async -> AsyncStream<UInt64> {
        let (stream, continuation) = AsyncStream.makeStream(of: UInt64.self, bufferingPolicy: .bufferingNewest(1))
        let key = state.withLock { state in
            state.newest += 1
            state.listeners[state.newest] = continuation
            return state.newest
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[key] = nil } }
        return stream
    }
}

extension Report {
    static let sample = Report(
        sequence: 7, at: 1_000_100, version: "test", startedAt: 1_000_000, dns: ["127.0.0.1:5300"],
        schemes: [
            SchemeReport(
                name: "cat.example.test", provider: "local", generation: 3, answer: "addresses",
                addresses: ["127.0.0.12"], ttl: 30, since: 1_000_050, rule: "highest tier", isAllDown: false, held: nil,
                heldUntil: nil, sync: "verified", publishMicroseconds: 250,
                members: [
                    MemberReport(
                        indicator: "charlie:cat", values: ["127.0.0.11"], priority: 100, priorityName: "primary",
                        isActive: false, isUsable: false, state: "err", override: nil, unusableBecause: "err"),
                    MemberReport(
                        indicator: "echo:cat", values: ["127.0.0.12"], priority: 95, priorityName: nil, isActive: true,
                        isUsable: true, state: "ok", override: nil, unusableBecause: nil),
                ], failback: "immediate", allDown: "hold the last answer")
        ],
        indicators: [
            IndicatorReport(
                name: "charlie:cat", method: "http-grep", target: "http://cat.example.test/ at 127.0.0.11",
                policy: "quick", intervalSeconds: 1, state: "err", effective: "err", since: 1_000_050, override: nil,
                isUndecided: false, probesUntilFlip: 3, tripwire: nil,
                lastProbe: ProbeReport(
                    at: 1_000_099, isSuccess: false, reason: "connection refused", totalMilliseconds: 1),
                recent: [
                    ProbeReport(at: 1_000_099, isSuccess: false, reason: "connection refused", totalMilliseconds: 1)
                ])
        ],
        events: [
            EventReport(
                id: 1, at: 1_000_050, kind: "state", indicator: "charlie:cat", scheme: nil,
                text: "charlie:cat ok → err: connection refused", tone: "bad", addresses: nil, generation: nil)
        ])
}
