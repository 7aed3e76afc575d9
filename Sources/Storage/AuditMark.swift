import Foundation

/// Seals the audit log with a key that whoever can write the store need not have.
package protocol AuditSealing: Sendable {
    /// Over an entry with its number, and the seal before it.
    func seal(_ entry: AuditEntry, after previous: String) -> String
    /// Over one of the log's ends.
    func seal(_ mark: AuditMark, as end: AuditMark.End) -> String
}

/// One of the audit log's ends, sealed: that there was an entry of this number with this seal, and no other.
package struct AuditMark: Hashable, Sendable {
    package enum End: String, Sendable {
        /// The newest entry.
        case newest
        /// The newest of those that were forgotten because they were old.
        case forgotten
    }

    /// The entry's; 0 before the first.
    package var id: Int64
    /// The entry's; empty before the first.
    package var entrySeal: String
    /// Over both; empty in what versions before 0.2 have left.
    package var seal = ""

    package init(id: Int64, entrySeal: String) {
        self.id = id
        self.entrySeal = entrySeal
    }

    init(id: Int64, entrySeal: String, _ end: End, by sealing: any AuditSealing) {
        self.init(id: id, entrySeal: entrySeal)
        seal = sealing.seal(self, as: end)
    }

    /// `NUMBER ENTRY-SEAL SEAL`, as it is kept; nil if it is nothing like that.
    package init?(_ text: String) {
        let parts = text.trimmingCharacters(in: .whitespacesAndNewlines).split(separator: " ").map(String.init)
        guard (2...3).contains(parts.count), let id = Int64(parts[0]), id >= 0 else { return nil }
        self.init(id: id, entrySeal: parts[1] == Self.nothing ? "" : parts[1])
        seal = parts.count == 3 ? parts[2] : ""
    }

    package var text: String {
        ["\(id)", entrySeal.isEmpty ? Self.nothing : entrySeal, seal].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static let nothing = "-"

    package func isSound(_ end: End, by sealing: any AuditSealing) -> Bool { seal == sealing.seal(self, as: end) }
}
