/// What came of a restore.
package struct RestoreReport: Codable, Hashable, Sendable {
    /// The revision in force now.
    package var revision: Int
    /// Seconds since 1970; nil if the backup does not say.
    package var takenAt: Double?
    /// Where the state that was there before is: a backup itself, on the server.
    package var keptAs: String?

    package init(revision: Int, takenAt: Double?, keptAs: String?) {
        self.revision = revision
        self.takenAt = takenAt
        self.keptAs = keptAs
    }
}

/// Why a backup was not restored; what was in force is in force.
package enum RestoreRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file is no backup for this server.
    case unfit(String)
    /// Another restore is under way.
    case busy
    /// The server could not do it now.
    case failed(String)

    package var description: String {
        switch self {
        case .unfit(let why): "\(why). Nothing was changed"
        case .busy: "another backup is being restored"
        case .failed(let why): "\(why). What was there before is in force"
        }
    }
}

/// Who puts a backup in the place of all that the server remembers, while it answers on.
package protocol RestoreInterface: Sendable {
    /// Where the file may be written first: a path in the data folder that nobody uses.
    func uploadPath() -> String
    /// Returns once the server works with the state of the backup at `file`.
    ///
    /// - Parameters:
    ///   - name: what whoever orders it calls the file.
    ///   - author: who orders it, from `origin` (an address).
    func restore(
        _ file: String, called name: String, by author: String, from origin: String
    ) async throws(RestoreRefusal) -> RestoreReport
}
