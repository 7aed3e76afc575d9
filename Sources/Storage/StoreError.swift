import GRDB

/// Why the store cannot do what was asked.
package enum StoreError: Error, Hashable, Sendable {
    /// The file is not a sound database.
    case broken(path: String, why: String)
    /// A newer version of Ninelives made it.
    case newer(path: String)
    case diskFull(path: String)
    /// What was to be restored is no sound backup of ours.
    case noBackup(path: String, why: String)
    /// The server is stopping, or a backup is put in its place.
    case closed(path: String)
    /// A server is using it.
    case inUse(path: String)
    /// No permission, no such folder, or anything else that the system says.
    case unusable(path: String, why: String)
    /// Somebody else was first: the newest revision is another one than the change began from.
    case conflict(newest: Int)
    /// There is no such thing.
    case notFound(String)
    /// The name is in use.
    case exists(String)
    /// The rule that came with the change says no.
    case forbidden

    init(_ error: any Error, path: String) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError:
            self =
                switch error.resultCode.primaryResultCode {
                case .SQLITE_CORRUPT, .SQLITE_NOTADB: .broken(path: path, why: error.message ?? "not a database")
                case .SQLITE_FULL: .diskFull(path: path)
                default: .unusable(path: path, why: error.message ?? "SQLite error \(error.resultCode.rawValue)")
                }
        default: self = .unusable(path: path, why: "\(error)")
        }
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .broken(let path, let why): "\(path) is broken: \(why)"
        case .newer(let path):
            "\(path) was written by a newer version of Ninelives; run that version, or move it away and restore a backup"
        case .diskFull(let path): "\(path) cannot be written: the disk is full"
        case .noBackup(let path, let why): "\(path) cannot be restored: \(why)"
        case .closed(let path): "\(path) takes nothing any more: the server stops, or a backup is being restored"
        case .inUse(let path): "\(path) is in use by a server"
        case .unusable(let path, let why): "\(path) cannot be used: \(why)"
        case .conflict(let newest): "somebody else has made revision \(newest) meanwhile; look at it and try again"
        case .notFound(let what): "there is no \(what)"
        case .exists(let what): "\(what) exists already"
        case .forbidden: "that may not be done"
        }
    }
}
