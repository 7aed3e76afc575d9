import Checks
import Foundation
import Notices
import Secrets
import Yams

/// Who is told what, under `notices:`.
extension SettingsReader {
    mutating func readNotices(_ entry: Entry?) -> NoticeSettings {
        let fields = fields(of: entry, allowed: SettingsKeys.notices)
        var notices = NoticeSettings()
        notices.name = fields["name"].flatMap { text(of: $0) }
        let channels = entries(of: fields["channels"])
        notices.channels = channels.compactMap { readChannel($0, $1) }.sorted { $0.name < $1.name }
        for (name, child) in entries(of: fields["subscriptions"]) {
            notices.subscriptions.append(readSubscription(name, child, channels: channels.map(\.key)))
        }
        if let place = fields["certificates"] {
            let days = items(of: place).compactMap { integer($0, in: 1...365) }
            notices.certificateDays = Set(days).sorted(by: >)
        }
        warnAboutUnused(channels, by: notices.subscriptions)
        return notices
    }

    private mutating func warnAboutUnused(_ channels: [(key: String, entry: Entry)], by subscriptions: [Subscription]) {
        let used = Set(subscriptions.flatMap(\.channels))
        for (name, entry) in channels where !used.contains(name) {
            warn(entry.atKey, "belongs to no subscription: nothing is sent there")
        }
    }

    // MARK: Channels

    private mutating func readChannel(_ name: String, _ entry: Entry) -> NamedChannel? {
        var fields: [String: Entry] = [:]
        for (key, child) in entries(of: entry) { fields[key] = child }
        guard entry.isSection else { return nil }
        let kinds = ChannelKind.all.map { $0.kind }
        guard let place = fields["kind"] else {
            report(entry.atKey, "has no kind", "kind: with one of \(kinds.joined(separator: ", "))")
            return nil
        }
        guard let kind = text(of: place) else { return nil }
        var values: [String: String] = [:]
        var isWhole = true
        for (key, child) in fields where key != "kind" {
            let texts = items(of: child).map { item in
                if case .scalar(let scalar) = item.node, !item.node.isNull { scalar.string } else { String?.none }
            }
            if texts.isEmpty || texts.contains(nil) {
                report(child.atKey, child.node.isNull ? "has no value" : "is not a single value", "one value")
                isWhole = false
            } else {
                values[key] = texts.compactMap(\.self).joined(separator: ", ")
            }
        }
        guard isWhole else { return nil }
        do {
            let arguments = ChannelArguments(values, folder: folder, opener: .sealed(in: dataFolder))
            let channel = try ChannelKind.make(kind, arguments)
            return NamedChannel(name: name, channel: channel, arguments: values)
        } catch {
            for wrong in error.errors { report(wrong, of: entry, fields, kinds: kinds) }
            return nil
        }
    }

    /// Finds the line that a channel's complaint is about.
    private mutating func report(
        _ wrong: ChannelArgumentError, of entry: Entry, _ fields: [String: Entry], kinds: [String]
    ) {
        let isUnknown = wrong.problem.hasPrefix("is not an argument")
        var place = fields[wrong.key] ?? entry.atKey
        if isUnknown, fields[wrong.key] != nil { place = place.atKey }
        place.path = entry.child(wrong.key)
        let meant = wrong.key == "kind" ? suggestion(for: wrong.value ?? "", among: kinds) : nil
        report(place, value: wrong.value, wrong.problem, meant ?? wrong.expected)
    }

    // MARK: Subscriptions

    private mutating func readSubscription(_ name: String, _ entry: Entry, channels: [String]) -> Subscription {
        let fields = fields(of: entry, allowed: SettingsKeys.subscription)
        var subscription = Subscription(name: name, channels: [])
        for item in items(of: fields["to"]) {
            guard let wanted = text(of: item) else { continue }
            if !channels.contains(wanted) {
                reportMissing(wanted, item, "is not a channel", among: channels)
            } else if subscription.channels.contains(wanted) {
                report(item, value: wanted, "stands twice", "each channel once")
            } else {
                subscription.channels.append(wanted)
            }
        }
        if entry.isSection, items(of: fields["to"]).isEmpty {
            report((fields["to"] ?? entry).atKey, "has no channel", "to: with one of those under channels:")
        }
        // Who names only schemes, or only indicators, wants nothing of the others.
        if fields["schemes"] != nil || fields["indicators"] != nil {
            subscription.schemes = patterns(fields["schemes"])
            subscription.indicators = patterns(fields["indicators"])
        }
        if let kinds = fields["kinds"] {
            let read = items(of: kinds).compactMap { word($0, "is not a kind of notice") as Happening.Kind? }
            subscription.kinds = Set(read)
        }
        if let place = fields["severity"] {
            subscription.severity = word(place, "is not a severity") ?? subscription.severity
        }
        readPatience(fields, into: &subscription)
        return subscription
    }

    private mutating func readPatience(_ fields: [String: Entry], into subscription: inout Subscription) {
        let (second, day) = (Duration.seconds(1), Duration.seconds(86_400))
        subscription.hold = duration(fields["hold"], in: .zero...day) ?? subscription.hold
        subscription.group = duration(fields["group"], in: .zero...second * 3600) ?? subscription.group
        if let place = fields["remind"], !isOff(place) {
            subscription.remind = duration(place, in: second * 60...day * 30)
        }
        if let place = fields["time-zone"], let name = text(of: place) {
            if let zone = TimeZone(identifier: name) {
                subscription.timeZone = zone
            } else {
                report(place, value: name, "is not a time zone", "a name such as Europe/Berlin or UTC")
            }
        }
        for item in hoursItems(fields["hours"]) { if let hours = readHours(item) { subscription.hours.append(hours) } }
    }

    /// One section is a list of one.
    private mutating func hoursItems(_ entry: Entry?) -> [Entry] { items(of: entry) }

    private func isOff(_ entry: Entry) -> Bool {
        ["off", "no", "false"].contains(entry.node.scalar?.string.lowercased() ?? "")
    }

    private mutating func patterns(_ entry: Entry?) -> [String] { items(of: entry).compactMap { text(of: $0) } }

    /// One of the words of an enumeration.
    private mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ entry: Entry, _ problem: String
    ) -> Word? {
        guard let text = text(of: entry) else { return nil }
        if let word = Word(rawValue: text) { return word }
        reportMissing(text, entry, problem, among: Word.allCases.map(\.rawValue))
        return nil
    }

    // MARK: Hours

    private mutating func readHours(_ entry: Entry) -> Hours? {
        let fields = fields(of: entry, allowed: SettingsKeys.hours)
        guard entry.isSection else { return nil }
        for name in ["from", "to", "hold"] where fields[name] == nil { report(entry, "has no \(name)", "\(name):") }
        let (from, to) = (time(fields["from"]), time(fields["to"]))
        var hold: Hours.Hold?
        if let place = fields["hold"] {
            if place.node.scalar?.string == "until-end" {
                hold = .untilEnd
            } else {
                hold = duration(place, in: .zero...Duration.seconds(86_400)).map { .length($0) }
            }
        }
        guard let from, let to, let hold else { return nil }
        var hours = Hours(from: from, to: to, hold: hold)
        if let place = fields["days"] { hours.days = days(place) }
        if let place = fields["at-most"] { hours.atMost = word(place, "is not a severity") ?? hours.atMost }
        return hours
    }

    /// `22:00` is 1320 minutes.
    private mutating func time(_ entry: Entry?) -> Int? {
        guard let entry, let text = text(of: entry) else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isNumber = parts.allSatisfy { $0.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard parts.count == 2, isNumber, let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else {
            report(entry, value: text, "is not a time of day", "HH:MM in quotes, such as \"22:00\"")
            return nil
        }
        return hour * 60 + minute
    }

    private static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// `mon-fri`, `sat`, or a list of such.
    private mutating func days(_ entry: Entry) -> Set<Int> {
        var days: Set<Int> = []
        for item in items(of: entry) {
            guard let text = text(of: item) else { continue }
            let ends = text.lowercased().split(separator: "-", omittingEmptySubsequences: false)
                .map { Self.dayNames.firstIndex(of: String($0)) }
            guard (1...2).contains(ends.count), let first = ends.first ?? nil, let last = ends.last ?? nil else {
                report(item, value: text, "is not a day", "mon, tue, …, or a range such as mon-fri")
                continue
            }
            // `sat-mon` goes over the end of the week.
            for step in 0...((last - first + 7) % 7) { days.insert((first + step) % 7 + 1) }
        }
        return days
    }
}
