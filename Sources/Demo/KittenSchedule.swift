/// When a kitten server says that it fails: from a minute of the hour until the next hour begins.
struct KittenSchedule: Hashable, Sendable {
    /// 1…59; nil: never.
    let failsFromMinute: Int?

    /// - Parameter secondsIntoHour: 0..<3600.
    func isFailing(at secondsIntoHour: Double) -> Bool {
        failsFromMinute.map { secondsIntoHour >= Double($0) * 60 } ?? false
    }

    /// How many seconds of that hour until it fails or recovers next; nil: never.
    func secondsUntilChange(at secondsIntoHour: Double) -> Double? {
        guard let minute = failsFromMinute else { return nil }
        let start = Double(minute) * 60
        return secondsIntoHour < start ? start - secondsIntoHour : 3600 - secondsIntoHour
    }
}

/// The hour that the kittens live by: the real one, or one that goes faster and began when the demo did.
package struct KittenHour: Sendable {
    /// 1: the real clock; 60: a minute is a second.
    package let speed: Int
    /// Seconds since 1970 at which the fast hour began; the real hour needs no beginning.
    package let startedAt: Double

    package init(speed: Int, startedAt: Double) {
        self.speed = speed
        self.startedAt = startedAt
    }

    /// Seconds into the hour, 0..<3600.
    func seconds(at now: Double) -> Double {
        let elapsed = speed == 1 ? now : (now - startedAt) * Double(speed)
        return elapsed.truncatingRemainder(dividingBy: 3600)
    }

    /// Real seconds for so many of the hour's.
    func real(_ seconds: Double) -> Double { seconds / Double(speed) }

    /// `HH:20:05`: what the hour's clock shows.
    func clockFace(at now: Double) -> String {
        let seconds = Int(seconds(at: now))
        return "HH:\(padded(seconds / 60)):\(padded(seconds % 60))"
    }

    private func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
