/// The last probes of one vantage, the oldest first, kept small: there may be a hundred thousand of us, and mostly all
/// probes say the same.
struct KeptProbes: Hashable, Sendable {
    static let capacity = 10

    /// A probe in 16 octets.
    private struct Kept: Hashable, Sendable {
        let at: Instant
        /// From above: nanoseconds, the number of the reason (7 bits), whether it was a success (1 bit).
        private let packed: Int64

        init(_ record: ProbeRecord, reason: Int) {
            at = record.at
            let success: Int64 = record.probe.outcome == .success ? 1 : 0
            packed = record.probe.took.nanoseconds << 8 | Int64(reason) << 1 | success
        }

        var reason: Int { Int(packed >> 1 & 0x7F) }
        var outcome: Probe.Outcome { packed & 1 == 1 ? .success : .failure }
        var took: Duration { .nanoseconds(packed >> 8) }
    }

    private var kept: [Kept] = []
    /// Reason 0, which is mostly the only one.
    private var firstReason = ""
    /// Reasons 1…9. One that no probe gives any more makes room for the next new one.
    private var otherReasons: [String] = []

    var lastAt: Instant? { kept.last?.at }

    /// Takes a probe in; the oldest makes room for it.
    mutating func append(_ record: ProbeRecord) {
        if kept.count == Self.capacity { kept.removeFirst() }
        // No more room than is needed: a single probe is all that some ever have.
        if kept.count == kept.capacity { kept.reserveCapacity(kept.isEmpty ? 1 : Self.capacity) }
        kept.append(Kept(record, reason: number(of: record.probe.reason)))
    }

    /// The newest of them, by themselves.
    func newest(_ count: Int) -> KeptProbes {
        var newest = self
        newest.kept = Array(kept.suffix(count))
        return newest
    }

    func records(from vantage: Vantage) -> [ProbeRecord] { kept.map { record($0, from: vantage) } }
    func last(from vantage: Vantage) -> ProbeRecord? { kept.last.map { record($0, from: vantage) } }

    private func record(_ probe: Kept, from vantage: Vantage) -> ProbeRecord {
        ProbeRecord(
            at: probe.at,
            probe: Probe(probe.outcome, vantage: vantage, reason: reason(probe.reason), took: probe.took))
    }

    private func reason(_ number: Int) -> String { number == 0 ? firstReason : otherReasons[number - 1] }

    /// The number of a reason, which is given one if it has none.
    private mutating func number(of reason: String) -> Int {
        if let last = kept.last, self.reason(last.reason) == reason { return last.reason }
        let numbers = 0...otherReasons.count
        if let known = numbers.first(where: { self.reason($0) == reason }) { return known }
        switch numbers.first(where: { number in !kept.contains { $0.reason == number } }) {
        case 0?:
            firstReason = reason
            return 0
        case let free?:
            otherReasons[free - 1] = reason
            return free
        case nil:
            otherReasons.append(reason)
            return otherReasons.count
        }
    }
}
