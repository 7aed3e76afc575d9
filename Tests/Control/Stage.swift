import Addresses
import Checks
import Control
import Failover
import Logging
import Storage
import NIOCore
import NIOPosix
import Synchronization

/// A check whose outcome the test decides, and which counts its probes.
final class ScriptedCheck: Check {
    static let method = "scripted"
    static let summary = "for tests"
    static let parameters: [CheckParameter] = []

    private let failure: Mutex<String?>
    private let count = Atomic<Int>(0)
    private let hangs: Bool
    private let isHeld = Mutex(false)

    init(failing reason: String? = nil, hangs: Bool = false) {
        failure = Mutex(reason)
        self.hangs = hangs
    }

    convenience init(_ arguments: CheckArguments) throws(CheckArgumentErrors) { self.init() }

    var target: String { "a script" }
    var probes: Int { count.load(ordering: .relaxed) }
    func fail(_ reason: String) { failure.withLock { $0 = reason } }
    func recover() { failure.withLock { $0 = nil } }
    /// As long as it is held, no probe comes to its end.
    func hold(_ isHeld: Bool) { self.isHeld.withLock { $0 = isHeld } }

    func probe(timeout: Duration, on group: any EventLoopGroup) async -> ProbeResult {
        count.add(1, ordering: .relaxed)
        if hangs {
            // Longer than any test: a check that breaks its promise must not hurt the others either.
            try? await ContinuousClock().sleep(for: .seconds(3600))
            return ProbeResult(isSuccess: false, reason: "timed out")
        }
        while isHeld.withLock({ $0 }), !Task.isCancelled { try? await ContinuousClock().sleep(for: .milliseconds(2)) }
        let reason = failure.withLock { $0 }
        return ProbeResult(isSuccess: reason == nil, reason: reason ?? "fine")
    }
}

/// Remembers what was published.
final class RecordingPublisher: Publisher {
    private let decisions = Mutex<[Decision]>([])

    func publish(_ decision: Decision) { decisions.withLock { $0.append(decision) } }
    var published: [Decision] { decisions.withLock { $0 } }
    var lastAddresses: [String] {
        guard case .addresses(let list) = published.last?.answer else { return [] }
        return list.map(\.description)
    }
}

/// The shell with scripted checks: no sockets, intervals of a few milliseconds.
struct Stage {
    let control: Control
    let publisher = RecordingPublisher()
    let clock = ShellClock(wall: Instant(seconds: 1_000_000))

    init(store: Store? = nil) throws {
        control = try Control(
            clock: clock, publisher: publisher, group: MultiThreadedEventLoopGroup.singleton,
            process: ProcessReport(version: "test", startedAt: clock.now, dns: ["127.0.0.1:53"]),
            store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    static let quick: Policy = {
        var policy = Policy(name: "quick")
        policy.interval = .milliseconds(20)
        policy.timeout = .milliseconds(15)
        policy.recheck = .milliseconds(5)
        policy.fall = 3
        policy.rise = 2
        return policy
    }()

    /// One scheme whose members have priorities that fall by ten.
    static func configuration(_ members: [String]) -> Configuration {
        var scheme = Scheme(name: SchemeName("cat.example.test"))
        scheme.failback = .immediate
        scheme.massFailureBrake = false
        scheme.members = members.enumerated().map { index, name in
            Member(
                indicator: IndicatorName(name), values: [.v4(IPv4Address(bits: 0xC000_0201 + UInt32(index)))],
                priority: Priority(100 - 10 * index))
        }
        return Configuration(
            indicators: members.map { Indicator(name: IndicatorName($0), policy: quick) }, schemes: [scheme])
    }
}
