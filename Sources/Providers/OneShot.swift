import Addresses
import DNS

// The decision of the one shot for cron, step by step:
//
//   1 read the current address ─► 2 accessible? ─yes─► 3 is it MAIN? ─yes─► no change
//                                      │no                   │no
//                                      ▼                     4 MAIN accessible? ─no─► no change
//                    6 candidate: BACKUP, or MAIN if            │yes
//                      the current address is BACKUP            5 set MAIN
//                                      │
//                    7 accessible? ─no─► (unless strict: the next candidate) no change
//                                      │yes
//                                      8 set it

/// What one run decides about one record, without memory of earlier runs.
package struct OneShot: Sendable {
    package enum Verdict: Hashable, Sendable {
        /// What is there is right.
        case keep
        /// Nothing that could be set is accessible.
        case nothingAccessible
        case set([IPAddress])
    }

    /// One line of the account of a run, with the step's number.
    package struct Line: Hashable, Sendable {
        package var step: Int
        package var text: String
    }

    private let main: [IPAddress]
    /// In the order in which they are tried; each may be an address of either family or several.
    private let backups: [[IPAddress]]
    private let isStrict: Bool

    /// - Parameters:
    ///   - main, backups: each at least one address.
    ///   - isStrict: a dead stranger is replaced by BACKUP only, and never by MAIN.
    package init(main: [IPAddress], backups: [[IPAddress]], isStrict: Bool = false) {
        self.main = main
        self.backups = backups
        self.isStrict = isStrict
    }

    /// Decides. Nothing is asked twice: an address that was found (in)accessible stays so for this run.
    ///
    /// - Parameters:
    ///   - current: what the record holds; empty if there is none, which counts as not accessible.
    ///   - isAccessible: probes all addresses of a value; the value is accessible if each of them is.
    package func decide(
        current: [IPAddress], isAccessible: ([IPAddress]) async -> Bool, say: (Line) -> Void
    ) async -> Verdict {
        say(Line(step: 1, text: "the record holds \(Self.text(current))\(role(of: current))"))
        var isDead = true
        if current.isEmpty {
            say(Line(step: 2, text: "there is nothing that could be accessible"))
        } else {
            isDead = !(await isAccessible(current))
            say(Line(step: 2, text: "\(Self.text(current)) is \(isDead ? "not " : "")accessible"))
        }
        return isDead
            ? await replace(current, isAccessible: isAccessible, say: say)
            : await prefer(over: current, isAccessible: isAccessible, say: say)
    }

    /// Steps 3 to 5: what is there works; MAIN is better.
    private func prefer(
        over current: [IPAddress], isAccessible: ([IPAddress]) async -> Bool, say: (Line) -> Void
    ) async -> Verdict {
        if Self.isSame(current, main) {
            say(Line(step: 3, text: "it is MAIN: no change"))
            return .keep
        }
        say(Line(step: 3, text: "it is not MAIN, \(Self.text(main))"))
        guard await isAccessible(main) else {
            say(Line(step: 4, text: "MAIN is not accessible: no change"))
            return .keep
        }
        say(Line(step: 4, text: "MAIN is accessible"))
        say(Line(step: 5, text: "set MAIN, \(Self.text(main))"))
        return .set(main)
    }

    /// Steps 6 to 8: what is there does not work.
    private func replace(
        _ current: [IPAddress], isAccessible: ([IPAddress]) async -> Bool, say: (Line) -> Void
    ) async -> Verdict {
        for candidate in candidates(after: current) {
            let name = Self.isSame(candidate, main) ? "MAIN" : backupName(of: candidate)
            say(Line(step: 6, text: "the candidate is \(name), \(Self.text(candidate))"))
            if await isAccessible(candidate) {
                say(Line(step: 7, text: "it is accessible"))
                say(Line(step: 8, text: "set \(name), \(Self.text(candidate))"))
                return .set(candidate)
            }
            say(Line(step: 7, text: "it is not accessible"))
        }
        say(Line(step: 7, text: "nothing is accessible: no change"))
        return .nothingAccessible
    }

    /// The backups in their order; MAIN first if the current address is a backup, and last if it is neither. What is
    /// there now is no candidate.
    func candidates(after current: [IPAddress]) -> [[IPAddress]] {
        let others = backups.filter { !Self.isSame($0, current) }
        if Self.isSame(current, main) { return others }
        if others.count < backups.count { return [main] + others }
        return isStrict ? others : others + [main]
    }

    private func role(of addresses: [IPAddress]) -> String {
        if addresses.isEmpty { return "" }
        if Self.isSame(addresses, main) { return " (MAIN)" }
        return backups.contains { Self.isSame($0, addresses) } ? " (\(backupName(of: addresses)))" : " (neither)"
    }

    private func backupName(of addresses: [IPAddress]) -> String {
        let place = backups.firstIndex { Self.isSame($0, addresses) } ?? 0
        return backups.count == 1 ? "BACKUP" : "BACKUP \(place + 1)"
    }

    private static func isSame(_ left: [IPAddress], _ right: [IPAddress]) -> Bool { Set(left) == Set(right) }

    package static func text(_ addresses: [IPAddress]) -> String {
        addresses.isEmpty ? "nothing" : addresses.sorted().map(\.description).joined(separator: ", ")
    }
}
