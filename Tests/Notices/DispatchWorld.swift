import Failover
import Foundation

@testable import Notices

/// A dispatch with a clock of its own: it goes from one wake to the next, and remembers what went out when.
struct DispatchWorld {
    private(set) var dispatch: Dispatch
    /// What whoever keeps the effects would have on the disk.
    private(set) var kept: [String: Matter] = [:]
    private(set) var letters: [(at: Double, letter: Letter)] = []
    private(set) var now: Double
    var silent: Set<String> = []
    private let subscriptions: [Subscription]

    /// - Parameter start: seconds since 1970.
    init(_ subscriptions: Subscription..., start: Double = 0) {
        dispatch = Dispatch()
        self.subscriptions = subscriptions
        now = start
        keep(dispatch.configure(subscriptions))
    }

    /// What was sent, as `SECONDS title`, since the start.
    var log: [String] { letters.map { "\(Self.text($0.at)) \($0.letter.title)" } }

    private static func text(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
    }

    /// Lets the clock run, waking whenever that was wished for.
    mutating func run(until end: Double) {
        while let wake = dispatch.nextWake, wake.seconds <= end {
            now = max(now, wake.seconds)
            let silent = silent
            keep(dispatch.wake(at: Instant(seconds: now)) { silent.contains($0.indicator ?? "") })
        }
        now = end
    }

    mutating func happens(_ happening: Happening, at seconds: Double) {
        run(until: seconds)
        var happening = happening
        happening.at = Instant(seconds: seconds)
        keep(dispatch.take(happening, at: Instant(seconds: seconds)))
    }

    mutating func err(_ name: String, at seconds: Double) {
        happens(.indicator(name, .worse, .warning, "err"), at: seconds)
    }

    mutating func ok(_ name: String, at seconds: Double) {
        happens(.indicator(name, .better, .info, "ok"), at: seconds)
    }

    mutating func configure(_ subscriptions: Subscription...) { keep(dispatch.configure(subscriptions)) }

    mutating func forget(_ name: String) { keep(dispatch.forget { $0.indicator == name }) }

    /// The process ends and another one begins with what is on the disk.
    mutating func restart() {
        let next = letters.map(\.letter.id).max() ?? 0
        dispatch = Dispatch(remembering: kept.keys.sorted().compactMap { kept[$0] }, nextLetter: next + 1)
        keep(dispatch.configure(subscriptions))
    }

    private mutating func keep(_ effects: [Dispatch.Effect]) {
        for effect in effects {
            switch effect {
            case .keep(let matter): kept["\(matter.subscription)/\(matter.key)"] = matter
            case .forget(let subscription, let key): kept["\(subscription)/\(key)"] = nil
            case .send(let letter): letters.append((now, letter))
            }
        }
    }
}

extension Happening {
    static func indicator(_ name: String, _ turn: Turn, _ severity: Severity, _ standing: String) -> Happening {
        Happening(
            .state, indicator: name, turn, severity, standing: standing, text: "\(name) \(standing)", at: .epoch)
    }

    static func scheme(_ name: String, _ turn: Turn, _ severity: Severity, _ standing: String) -> Happening {
        Happening(.switched, scheme: name, turn, severity, standing: standing, text: "\(name) \(standing)", at: .epoch)
    }
}

extension Subscription {
    /// One that tells at once.
    static func prompt(_ name: String = "all", to channels: [String] = ["mail"]) -> Subscription {
        Subscription(name: name, channels: channels, group: .zero)
    }

    func with(_ change: (inout Subscription) -> Void) -> Subscription {
        var copy = self
        change(&copy)
        return copy
    }
}
