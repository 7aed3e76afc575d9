import Foundation
import GRDB

/// Looks now and then whether the file beneath a running server is still what it was.
///
///     replaced, moved, deleted ─► seen at every write
///     cut off, overwritten     ─► seen at the next look, by its length and its first octets
///     changed within           ─► seen by reading it whole, once its time has changed and at least once an hour
///
/// Until it is as it was, or the server is started anew or given a backup, nothing is acknowledged.
extension Store {
    /// - Parameter isThorough: whether the file is read whole.
    /// - Returns: what is wrong, or nil; the same is told as trouble.
    @discardableResult
    package func look(isThorough: Bool) -> StoreError? {
        let finding = finding(isThorough: isThorough)
        queue.setObstacle(finding)
        if finding == nil, queue.obstacle != nil { queue.attempt() }
        return finding ?? queue.obstacle
    }

    /// When the file was written to last, by whomever; nil if there is none.
    package var changedAt: Date? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }

    private func finding(isThorough: Bool) -> StoreError? {
        // That it is gone, the next write finds out by itself.
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        let head: Data
        let length: UInt64
        do {
            head = try file.read(upToCount: 100) ?? Data()
            length = try file.seekToEnd()
        } catch {
            return .unusable(path: path, why: "it cannot be read any more: \(error)")
        }
        guard head.count == 100, head.prefix(16) == Data("SQLite format 3\0".utf8) else {
            return .broken(path: path, why: "it was overwritten or cut off while the server used it")
        }
        // In the file's head: the size of a page, and how many there are (sqlite.org/fileformat.html §1.3).
        let octets = [UInt8](head)
        let page = UInt64(octets[16]) << 8 | UInt64(octets[17])
        let pages = octets[28..<32].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if length < pages * (page == 1 ? 65_536 : page) {
            return .broken(path: path, why: "it was cut off while the server used it")
        }
        return isThorough ? wholeFinding() : nil
    }

    /// Reads it by a connection of its own, which has nothing of it in memory.
    private func wholeFinding() -> StoreError? {
        do {
            let reader = try DatabaseQueue(path: path, configuration: Self.readOnly)
            defer { try? reader.close() }
            let finding = try reader.read { database in
                guard try database.tableExists("revision") else { return "its tables are gone" as String? }
                return try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
            }
            return finding == "ok" ? nil : .broken(path: path, why: finding ?? "no finding")
        } catch {
            let error = StoreError(error, path: path)
            // That somebody holds it for a moment is no damage.
            if case .broken = error { return error }
            return nil
        }
    }
}
