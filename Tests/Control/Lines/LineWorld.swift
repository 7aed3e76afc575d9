import Failover
import Settings

@testable import Control

/// Lines and servers that a test loses and restores by simulated time, and what is answered and forwarded then.
struct LineWorld {
    private(set) var engine = Engine()
    private(set) var now = Instant(seconds: 1_000_000)
    let settings: Settings
    private var wakeAt: Instant?

    /// Two lines, two primaries, a backup and a second backup elsewhere.
    static let text = """
        zones:
          - name: example.test
            records: "@ 300 IN SOA ns1 host 1 2 3 4 5\\n@ 300 IN NS ns1\\nns1 300 IN A 127.0.0.1"
        lines:
          wan1: { addresses: [198.51.100.10, "2001:db8:1::10"], test-points: [ping 192.0.2.1, "tcp 192.0.2.53:53"] }
          wan2: { addresses: 203.0.113.10, test-points: [ping 192.0.2.2] }
        services:
          shop.example.test:
            port: 443
            redundancy: all
            servers:
              - web1: { onsite: "10.0.0.1:8443" }
              - web2: { onsite: "10.0.0.2:8443" }
              - web3: { onsite: "10.0.0.3:8443", level: backup }
              - dc: { offsite: 192.0.2.9, level: 2nd-backup }
        """

    /// Everything works, and the first decision has been made.
    init(_ text: String = Self.text) throws {
        settings = try Settings.parse(text, file: "n.yaml").get()
        hand(.configured(settings.configuration))
        for indicator in settings.configuration.indicators where indicator.logic == nil {
            hand(.probed(indicator.name, Probe(.success)))
        }
        pass(.seconds(20))
    }

    mutating func hand(_ event: Event) {
        for effect in engine.handle(event, at: now) { if case .wake(let at) = effect { wakeAt = at } }
    }

    /// Lets time go by; what is due meanwhile happens when it is.
    mutating func pass(_ time: Duration) {
        let end = now + time
        while let next = wakeAt, next <= end {
            now = max(now, next)
            wakeAt = nil
            hand(.woke)
        }
        now = end
    }

    /// Three failures of each: `wan1` is all test points of the line, `web1` the server's check.
    mutating func lose(_ names: String...) {
        for name in names.flatMap(indicators) { for _ in 0..<3 { hand(.probed(name, Probe(.failure))) } }
    }

    /// Three successes of each.
    mutating func restore(_ names: String...) {
        for name in names.flatMap(indicators) { for _ in 0..<3 { hand(.probed(name, Probe(.success))) } }
    }

    func indicators(_ name: String) -> [IndicatorName] {
        if let line = settings.appliance.lines.first(where: { $0.name == name }) {
            return line.testPoints.map(\.indicator)
        }
        return settings.appliance.services.flatMap(\.servers).filter { $0.name == name }.map(\.indicator)
    }

    var status: SchemeStatus? { engine.schemes.first }

    /// What is answered, with blanks between.
    var answer: String {
        guard case .addresses(let addresses)? = status?.decision?.answer else { return "none" }
        return addresses.map(\.description).joined(separator: " ")
    }

    var plan: ForwardingPlan {
        engine.forwarding(of: settings.appliance.services.flatMap(ForwardedScheme.all))
    }

    /// Where the traffic goes, with blanks between.
    var forwarded: String {
        plan.services.flatMap(\.servers).map { "\($0.address):\($0.port)" }.joined(separator: " ")
    }

    var report: LinesReport {
        Reporting(engine: engine, now: now, targets: []).lines(of: settings.appliance, plan: plan)
    }
}
