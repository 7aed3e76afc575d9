import Foundation
import GRDB

/// A backup on its way into the place of a store (docs/decisions/0062-restore.md).
///
///     backup ─► `draft`: a copy in the data folder, looked over and brought up to date
///            ─► `keepPresent`: the store that is there becomes a backup itself
///            ─► `carry`: what must not go back is taken over from it
///            ─► `put`: one rename, and the draft is the store
///
/// Until that rename nothing has changed. Secrets travel in the draft: whoever opens a store that holds some puts them
/// where they belong first, so that a power cut in between does no harm.
package final class Restoration: Sendable {
    /// The backup's state, to be looked at and added to.
    package let draft: Store
    private let folder: String
    private var target: String { (folder as NSString).appendingPathComponent(Store.fileName) }

    /// The ending of what is being restored; what a power cut has left of it is in nobody's way.
    private static let suffix = ".restoring"

    /// Copies `backup` into `folder`, and looks it over.
    ///
    /// - Throws: `.noBackup` if it is anything but a sound backup of ours, `.newer` if a newer version has made it, and
    ///   what the disk says.
    package init(of backup: String, in folder: String) throws(StoreError) {
        self.folder = folder
        let path = (folder as NSString).appendingPathComponent(Store.fileName + Self.suffix)
        Self.remove(path)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Self.copy(backup, to: path)
            draft = try Store(draft: path)
        } catch {
            Self.remove(path)
            let error = StoreError(error, path: backup)
            guard case .broken(_, let why) = error else { throw error }
            throw .noBackup(path: backup, why: "it is damaged: \(why)")
        }
    }

    /// Refuses what is no backup before anything of it is used, and copies it as it stands at one moment.
    private static func copy(_ backup: String, to path: String) throws {
        guard let file = FileHandle(forReadingAtPath: backup) else {
            throw StoreError.unusable(path: backup, why: "there is no such file, or it may not be read")
        }
        defer { try? file.close() }
        guard try file.read(upToCount: 16) == Data("SQLite format 3\0".utf8) else {
            throw StoreError.noBackup(path: backup, why: "it is no file of `ninelives backup`")
        }
        let source = try DatabaseQueue(path: backup, configuration: Store.readOnly)
        defer { try? source.close() }
        let finding = try source.read { try String.fetchOne($0, sql: "PRAGMA integrity_check(1)") }
        guard finding == "ok" else { throw StoreError.broken(path: backup, why: finding ?? "no finding") }
        try source.read { database in
            guard try database.tableExists("grdb_migrations"), try database.tableExists("revision") else {
                throw StoreError.noBackup(path: backup, why: "it is another program's database")
            }
            if try Schema.migrator.hasBeenSuperseded(database) { throw StoreError.newer(path: backup) }
        }
        let made = FileManager.default.createFile(
            atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        guard made else { throw StoreError.unusable(path: path, why: "it cannot be made") }
        let copy = try DatabaseQueue(path: path)
        defer { try? copy.close() }
        try source.backup(to: copy)
        try Schema.migrator.migrate(copy)
        guard try copy.read(Schema.shape) == Schema.shape() else {
            throw StoreError.noBackup(path: backup, why: "its tables are not ours: somebody has changed them")
        }
    }

    /// What was sealed with the data folder's key, and under which name.
    package func sealed() throws(StoreError) -> [(name: String, sealed: Data)] {
        try draft.read { database in
            var all = try Row.fetchAll(database, sql: "SELECT secrets FROM revision WHERE secrets IS NOT NULL")
                .map { ("revision", $0["secrets"] as Data) }
            all += try Row.fetchAll(database, sql: "SELECT name, totp FROM user WHERE totp IS NOT NULL")
                .map { ("totp:\($0["name"] as String)", $0["totp"] as Data) }
            guard try database.tableExists(SealedFiles.table) else { return all }
            return try all
                + Row.fetchAll(database, sql: "SELECT name, sealed FROM \(SealedFiles.table)")
                .map { ("provider:\($0["name"] as String)", $0["sealed"] as Data) }
        }
    }

    /// Where the store that was there is kept.
    package struct Kept: Hashable, Sendable {
        package var path: String
        /// Whether it is a store of ours as this version makes it, from which something can be taken over.
        package var isSound: Bool
    }

    /// Makes a backup of the store that is there, which nobody may be using; nil if there is none. That of an older
    /// version is brought up to date in the backup, so that all can be taken over from it.
    ///
    /// - Throws: `.inUse` if somebody uses it; `.newer` if a newer version has made it: this one would lose what it
    ///   does not know.
    package func keepPresent(at stamp: Int) throws(StoreError) -> Kept? {
        guard FileManager.default.fileExists(atPath: target) else { return nil }
        do throws(StoreError) {
            try Store.close(atPath: target)
            if try Self.isNewer(target) { throw .newer(path: target) }
            let path = Self.unused("\(folder)/before-restore-\(stamp)", ".db")
            try Store.backup(folder: folder, to: path)
            return Kept(path: path, isSound: try Self.bringUpToDate(path))
        } catch {
            guard case .broken = error else { throw error }
            return Kept(path: try Store.setAside(target), isSound: false)
        }
    }

    private static func isNewer(_ path: String) throws(StoreError) -> Bool {
        do {
            let store = try DatabaseQueue(path: path, configuration: Store.readOnly)
            defer { try? store.close() }
            return try store.read { database in
                try database.tableExists("grdb_migrations") && Schema.migrator.hasBeenSuperseded(database)
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Whether it has our tables, by now.
    private static func bringUpToDate(_ path: String) throws(StoreError) -> Bool {
        do {
            let store = try DatabaseQueue(path: path)
            defer { try? store.close() }
            // Another program's file is left as it is.
            guard try store.read({ try $0.tableExists("revision") && $0.tableExists("grdb_migrations") }) else {
                return false
            }
            do {
                try Schema.migrator.migrate(store)
            } catch let error as DatabaseError where error.resultCode.primaryResultCode == .SQLITE_ERROR {
                // Tables that somebody has changed are in the way: it is a file to look at, and no more.
                return false
            }
            let isOurs = try store.read(Schema.shape) == Schema.shape()
            try store.close()
            try Store.sync(path)
            return isOurs
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private static func unused(_ name: String, _ ending: String) -> String {
        var number = 1
        var path = name + ending
        while FileManager.default.fileExists(atPath: path) {
            number += 1
            path = "\(name)-\(number)\(ending)"
        }
        return path
    }

    /// Makes the draft the store, with its secrets. What was there is gone, if `keepPresent` has not kept it.
    package func put() async throws(StoreError) {
        let newest = try draft.auditHead()
        await draft.close()
        do {
            try Store.close(atPath: draft.path)
            // What takes room on the disk is done before anything changes.
            try SealedFiles.stage(of: draft.path, in: folder)
            try Store.sync(draft.path)
            if FileManager.default.fileExists(atPath: target) { try Store.close(atPath: target) }
            // What it tells of may get other numbers; without one, the next start says so in the log.
            let mark = (folder as NSString).appendingPathComponent(Store.auditMarkName)
            try? FileManager.default.removeItem(atPath: mark)
            guard rename(draft.path, target) == 0 else {
                throw StoreError.unusable(path: target, why: String(cString: strerror(errno)))
            }
            try? Store.sync(folder)
            if let newest { try? Store.writeAuditMark(newest, to: mark) }
            try SealedFiles.putBack(from: target, into: folder)
        } catch {
            throw StoreError(error, path: target)
        }
    }

    /// Forgets the draft.
    package func giveUp() async {
        await draft.close()
        forget()
    }

    /// The same of a draft that nothing was added to.
    package func forget() { Self.remove(draft.path) }

    private static func remove(_ path: String) {
        for suffix in ["-wal", "-shm", "-journal", ""] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
}

extension Store {
    /// Whether somebody uses the store in `folder`.
    package static func isInUse(folder: String) -> Bool {
        let path = (folder as NSString).appendingPathComponent(fileName)
        guard FileManager.default.fileExists(atPath: path) else { return false }
        do throws(StoreError) {
            try close(atPath: path)
            return false
        } catch {
            return if case .inUse = error { true } else { false }
        }
    }

    /// Ends the write-ahead log of a store that nobody uses, so that it is one plain file.
    ///
    /// - Throws: that somebody uses it: in WAL mode whoever does holds it locked.
    static func close(atPath path: String) throws(StoreError) {
        do {
            var configuration = Configuration()
            configuration.busyMode = .immediateError
            let store = try DatabaseQueue(path: path, configuration: configuration)
            try store.inDatabase { database in
                try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
            }
            try store.close()
        } catch let error as DatabaseError where error.resultCode.primaryResultCode == .SQLITE_BUSY {
            throw .inUse(path: path)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Waits until a file or a folder is on the disk.
    static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError.unusable(path: path, why: String(cString: strerror(errno))) }
        defer { Foundation.close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreError.unusable(path: path, why: String(cString: strerror(errno)))
        }
    }
}
