/// How much history is kept.
package struct HistorySettings: Hashable, Sendable {
    /// Events that are older are forgotten; 1 hour…10 years.
    package var keep = Duration.seconds(90 * 86_400)
    /// No more than the newest so many events are kept; 1,000…10,000,000.
    package var events = 1_000_000
    /// Entries of the audit log that are older are forgotten; 30 days…10 years.
    package var audit = Duration.seconds(400 * 86_400)
    /// No more than the newest so many entries of the audit log are kept; 10,000…10,000,000.
    package var auditEntries = 1_000_000
    package init() {}
}

extension SettingsReader {
    mutating func readHistory(_ entry: Entry?) -> HistorySettings {
        let fields = fields(of: entry, allowed: SettingsKeys.history)
        var history = HistorySettings()
        let longest = Duration.seconds(3650 * 86_400)
        history.keep = duration(fields["keep"], in: .seconds(3600)...longest) ?? history.keep
        history.events = integer(fields["events"], in: 1000...10_000_000) ?? history.events
        history.audit = duration(fields["audit"], in: .seconds(30 * 86_400)...longest) ?? history.audit
        history.auditEntries = integer(fields["audit-entries"], in: 10_000...10_000_000) ?? history.auditEntries
        return history
    }
}
