import Glibc

/// Small files that are either there whole or as they were before.
enum DurableFile {
    /// The longest file that is read, octets.
    static let limit = 64 << 20

    /// Writes beside the file, waits for the disk, and puts it in its place; false if any of it fails.
    static func write(_ octets: [UInt8], to path: String) -> Bool {
        let draft = path + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        var written = 0
        while written < octets.count {
            let result = octets.withUnsafeBytes { octets in
                octets.baseAddress.map { Glibc.write(descriptor, $0 + written, octets.count - written) } ?? 0
            }
            if result < 0, errno == EINTR { continue }
            guard result > 0 else { break }
            written += result
        }
        let isWhole = written == octets.count && fsync(descriptor) == 0
        guard close(descriptor) == 0, isWhole, rename(draft, path) == 0 else {
            unlink(draft)
            return false
        }
        // The new name must be on the disk too.
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return false }
        defer { close(directory) }
        return fsync(directory) == 0
    }

    /// The whole file; nil if there is none that can be read.
    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var octets: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while octets.count < limit {
            let result = Glibc.read(descriptor, &buffer, buffer.count)
            if result < 0, errno == EINTR { continue }
            guard result >= 0 else { return nil }
            if result == 0 { return octets }
            octets += buffer[..<result]
        }
        return nil
    }
}
