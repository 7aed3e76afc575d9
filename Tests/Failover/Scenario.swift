import Addresses
import Failover

/// A story about one scheme, told as text.
///
///     failback=60s all-down=hold                 settings of the scheme and the policy, before the story
///     member charlie 100                         its value is 192.0.2.1, the next member's 192.0.2.2, …
///     0:00:00  all up                            what happens …
///     0:00:00  => charlie                        … and all that must come of it, to the second
///     0:20:00  charlie down
///     0:20:04  => echo
///     0:59:00  end
///
/// What happens: `NAMES up|down|lost` (no probe comes back), `NAME says ✗✓✗` (the next outcomes, then as
/// before), `NAME maintenance [for D]`, `NAME force ok|err [for D]`, `NAME clear`, `NAME pin [for D]`, `unpin`,
/// `failback`, and revisions: `set KEY=VALUE …`, `NAME member PRIORITY`, `NAME leaves`,
/// `NAME replaces NAME PRIORITY`, `NAME disable|enable`.
///
/// What comes of it: `=> ANSWER` a decision, `~~ HELD`, `!! NOTICE` (switches apart), `-- OVERRIDE` ended.
struct Scenario {
    struct Line {
        var at: Instant
        var text: String
    }

    var scheme = Scheme(name: SchemeName("cat.example.test"))
    var policy = Policy()
    var story: [Line] = []
    /// As `Line`s read, sorted by time: `0:20:04 => echo`.
    var expected: [String] = []
    var end = Instant.epoch
    private var valuesGiven: UInt32 = 0

    init(_ text: String) throws(ScenarioError) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").prefix { !$0.hasPrefix("#") }.map(String.init)
            guard let first = words.first else { continue }
            let rest = words.dropFirst().joined(separator: " ")
            if first == "member", words.count == 3 {
                try add(member: words[1], priority: words[2])
            } else if first.contains("=") {
                for word in words { try set(word) }
            } else if rest == "end" {
                end = try Self.instant(first)
            } else if ["=>", "~~", "!!", "--"].contains(where: rest.hasPrefix) {
                expected.append("\(Self.clock(try Self.instant(first))) \(rest)")
            } else {
                story.append(Line(at: try Self.instant(first), text: rest))
            }
        }
    }

    mutating func add(member name: String, priority: String) throws(ScenarioError) {
        guard let level = Int(priority) else { throw .notUnderstood(priority) }
        let indicator = IndicatorName(name)
        if let index = scheme.members.firstIndex(where: { $0.indicator == indicator }) {
            scheme.members[index].priority = Priority(level)
            return
        }
        valuesGiven += 1
        let value = IPAddress.v4(IPv4Address(bits: 0xC000_0200 + valuesGiven))
        scheme.members.append(Member(indicator: indicator, values: [value], priority: Priority(level)))
    }

    /// Applies one `KEY=VALUE`.
    mutating func set(_ word: String) throws(ScenarioError) {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw .notUnderstood(word) }
        switch (parts[0], parts[1]) {
        case ("failback", "immediate"): scheme.failback = .immediate
        case ("failback", "manual"): scheme.failback = .manual
        case ("failback", let delay): scheme.failback = .after(try Self.duration(delay))
        case ("all-down", let rule): scheme.allDown = try Self.allDown(rule)
        case ("answers", let answers): scheme.answers = answers == "one" ? .one : .all
        case ("brake", let brake): scheme.massFailureBrake = brake == "on"
        case ("interval", let text): policy.interval = try Self.duration(text)
        case ("recheck", let text): policy.recheck = try Self.duration(text)
        case ("timeout", let text): policy.timeout = try Self.duration(text)
        case ("fall", let text): policy.fall = Int(text) ?? 0
        case ("rise", let text): policy.rise = Int(text) ?? 0
        case ("forget", let text): policy.forget = Int(text) ?? 0
        default: throw .notUnderstood(word)
        }
    }

    private static func allDown(_ text: String) throws(ScenarioError) -> AllDown {
        switch text {
        case "hold": return .hold
        case "primary": return .primary
        case "all": return .all
        case "nodata": return .nodata
        case "servfail": return .servfail
        default:
            guard text.hasPrefix("sorry:"), let address = IPAddress(text.dropFirst(6)) else {
                throw .notUnderstood(text)
            }
            return .sorry([address])
        }
    }

    /// `90`, `60s`, `5m`, `1h`.
    static func duration(_ text: String) throws(ScenarioError) -> Duration {
        let digits = text.prefix { $0.isNumber }
        guard let number = Int(digits) else { throw .notUnderstood(text) }
        switch text.dropFirst(digits.count) {
        case "s": return .seconds(number)
        case "m": return .seconds(number * 60)
        case "h": return .seconds(number * 3600)
        default: throw .notUnderstood(text)
        }
    }

    /// `1:20:04` is an hour, twenty minutes and four seconds from the beginning.
    static func instant(_ text: String) throws(ScenarioError) -> Instant {
        let parts = text.split(separator: ":").map { Int($0) ?? -1 }
        guard parts.count == 3, !parts.contains(-1) else { throw .notUnderstood(text) }
        return .epoch + .seconds((parts[0] * 60 + parts[1]) * 60 + parts[2])
    }

    static func clock(_ instant: Instant) -> String {
        let seconds = instant.nanoseconds / 1_000_000_000
        let digits = { (number: Int64) in number < 10 ? "0\(number)" : "\(number)" }
        return "\(seconds / 3600):\(digits(seconds / 60 % 60)):\(digits(seconds % 60))"
    }
}

enum ScenarioError: Error {
    case notUnderstood(String)
}
